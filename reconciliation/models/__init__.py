from reconciliation.models.run import Run, RunFile
from reconciliation.models.settings import ReconciliationSettings

__all__ = ["ReconciliationSettings", "Run", "RunFile"]
