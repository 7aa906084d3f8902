"""Every mistake that is planted in an operation."""

from tests.explore_operations.mutants_cleanup import CLEANUP_MUTANTS
from tests.explore_operations.mutants_records import RECORDS_MUTANTS
from tests.explore_operations.mutants_recover import RECOVER_MUTANTS
from tests.explore_operations.mutants_steer import STEER_MUTANTS

EVERY_MUTANT = (*RECOVER_MUTANTS, *STEER_MUTANTS, *CLEANUP_MUTANTS, *RECORDS_MUTANTS)
