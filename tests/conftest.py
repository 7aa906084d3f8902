"""A law is about truth, not about speed: a slow machine breaks none."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "laws",
    parent=settings.default,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("laws")
