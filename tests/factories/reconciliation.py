from operations import clock
from operations.models import User
from reconciliation.models import Run, RunFile


def reconciliation_run(user: User, school_code: str, **more: object) -> Run:
    """A run whose columns were checked, for lists and for who may what; its files are not there."""
    run = Run.objects.create(
        **{
            "type": "CM", "school_code": school_code, "status": Run.Status.CHECKED, "user": user, "made_by": user.full_name,
            "folder": f"folder-{Run.objects.count()}", "created_at": clock.now(), **more,
        }
    )  # fmt: skip
    for side, name in (("before", "BeforeDelete"), ("after", "AfterUpload")):
        RunFile.objects.create(
            run=run, side=side, name=f"2027-{school_code}-CM-{name}.csv", stored=side, size=9, sha256="0" * 64
        )
    return run
