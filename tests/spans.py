"""Spans that tests look at: a tracer of their own, and what it recorded in short."""

from collections.abc import Mapping, Sequence

import attrs
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@attrs.frozen
class Told:
    """One span, and the name of the span that it is part of."""

    name: str
    parent: str | None = None
    attributes: Mapping[str, object] = attrs.field(factory=dict)
    status: tuple[str, str | None] = ("UNSET", None)
    events: tuple[tuple[str, Mapping[str, object]], ...] = ()


class Recorder:
    """Records the spans of one tracer, in the order in which they end."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("of the test")

    @property
    def raw(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    @property
    def told(self) -> list[Told]:
        names = {one.span_id: span.name for span in self.raw if (one := span.get_span_context())}
        return [
            Told(
                span.name,
                None if span.parent is None else names[span.parent.span_id],
                dict(span.attributes or {}),
                (span.status.status_code.name, span.status.description),
                tuple((event.name, dict(event.attributes or {})) for event in span.events),
            )
            for span in self.raw
        ]

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.raw]

    def one(self, name: str) -> Told:
        """Give the only span of a name."""
        (found,) = (each for each in self.told if each.name == name)
        return found
