"""Every play of the real operations."""

from tests.explore_operations.bill_cleanup import CLEANUP
from tests.explore_operations.bill_dapr import DAPR
from tests.explore_operations.bill_dapr_accepting import DAPR_ACCEPTING
from tests.explore_operations.bill_looking import LOOKING
from tests.explore_operations.bill_recover import RECOVER
from tests.explore_operations.bill_recover_stuck import RECOVER_STUCK
from tests.explore_operations.bill_steer import STEER

BILLS = (RECOVER, RECOVER_STUCK, CLEANUP, STEER, DAPR, DAPR_ACCEPTING, LOOKING)
EVERY_PLAY = {f"{bill.verb}: {play.name}": play for bill in BILLS for play in bill.plays}
