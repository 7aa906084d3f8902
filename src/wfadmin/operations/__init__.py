"""
What an operator does: one verb a file, read, decide, act, confirm.

Plain ``async def`` that imports no event loop: it awaits port methods only, so the same code runs
under asyncio, under trio, behind the blocking facade, and under a scheduler that tries every
order of events.
"""

__all__: list[str] = []
