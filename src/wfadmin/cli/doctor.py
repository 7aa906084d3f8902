"""`wfadmin doctor`: what is wrong with the engine, with evidence, and what to do."""

from wfadmin.cli.board import doctor_board
from wfadmin.cli.output import Said
from wfadmin.cli.target import NOWHERE, Target, opened, page_of
from wfadmin.wire.documents import doctor_document
from wfadmin.wire.outcomes import exit_of_doctor

__all__ = ["doctor"]


async def doctor(*, target: Target = NOWHERE) -> Said:
    """Say what is wrong; exit code 3 where a finding is an error."""
    async with opened(target, ruled=False) as operator:
        report = await operator.doctor()
    return Said(
        document=lambda: doctor_document(report, target=target.words),
        board=lambda paint: doctor_board(report, page_of(operator, target, paint)),
        exit_code=exit_of_doctor(report),
    )
