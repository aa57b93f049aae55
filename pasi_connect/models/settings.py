"""The settings of the synchronization. What all settings pages share: `operations.models.settings`."""

from pathlib import Path

from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.settings import Singleton, between
from sis.models.fields import SchoolYearField

ARCHIVE_DAYS = (30, 60, 90, 120, 180, 365)


class SyncSettings(Singleton):
    """Synchronization Settings. Defaults and ranges: Set Up Data Synchronization."""

    regular_synchronization = models.BooleanField(
        _("regular synchronization"),
        default=False,
        help_text=_("When this is off, changes are stored and counted, and sent as soon as it is switched on."),
    )
    historical_years = models.PositiveSmallIntegerField(
        _("historical years for school enrolments"),
        default=0,
        validators=between(0, 2),
        help_text=_("0 to 2 school years before the current one."),
    )
    student_identity = models.BooleanField(
        _("names and identification of students"),
        default=False,
        help_text=_(
            "When this is off, they are not compared; changes to them are stored and counted, and sent as soon as it is switched on."
        ),
    )
    start_delay_minutes = models.PositiveSmallIntegerField(
        _("start delay"),
        default=5,
        validators=between(0, 30),
        help_text=_("Minutes to wait after the product starts before it sends or requests anything. 0: none."),
    )
    polling_interval_seconds = models.PositiveSmallIntegerField(
        _("polling interval"),
        default=30,
        validators=between(30, 300),
        help_text=_("Seconds. Changes are sent immediately; held ones are checked again at least this often."),
    )
    data_available_wait_minutes = models.PositiveSmallIntegerField(
        _("PASI data available wait time"),
        default=1,
        validators=between(1, 30),
        help_text=_("Maximum wait per request, in minutes."),
    )
    web_service_timeout_minutes = models.PositiveSmallIntegerField(
        _("PASI web service time-out"),
        default=10,
        validators=between(1, 30),
        help_text=_("Maximum wait for an answer, in minutes."),
    )
    maximum_attempts = models.PositiveSmallIntegerField(
        _("maximum attempts"),
        default=50,
        validators=between(1, 100),
        help_text=_("After this many attempts a submission becomes a dead letter and needs attention."),
    )
    keep_bodies = models.BooleanField(
        _("store message bodies in the exchange log"),
        default=False,
        help_text=_("For troubleshooting. Bodies contain student data; switch this off again afterwards."),
    )
    archive_data_events = models.BooleanField(
        _("archive data events"),
        default=False,
        help_text=_("Every day, data events that are old enough move to files."),
    )
    archive_after_days = models.PositiveSmallIntegerField(
        _("archive events older than"),
        default=365,
        choices=[(days, str(days)) for days in ARCHIVE_DAYS],
        help_text=_("Days. Events that are held, waiting or not sent are never archived."),
    )
    pasiprep_link = models.CharField(
        _("PASIprep address"),
        max_length=300,
        blank=True,
        help_text=_("Address of one enrolment in PASIprep; {ref_id} stands for its RefId."),
    )
    year_end_exit_code = models.CharField(
        _("exit code of the year end"),
        max_length=10,
        default="10000",
        help_text=_("Set on each concurrent enrolment that the year end closes. Never sent to PASI."),
    )
    years_closed = models.JSONField(default=list, editable=False)  # ending years whose year end has been counted
    # Read-only, told by GetAcceptedRegistrationStatus.
    current_school_year = SchoolYearField(
        _("current school year for synchronization"), null=True, blank=True, editable=False
    )
    accepted_school_years = models.JSONField(default=list, editable=False)
    archive_started_at = models.DateTimeField(null=True, editable=False)  # the last daily run
    reference_read_at = models.DateTimeField(null=True, editable=False)
    # The moment at which every record that takes part was first equal on both sides.
    first_in_step_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("Synchronization settings")


class ConnectionSettings(Singleton):
    endpoint_url = models.CharField(
        _("address of the service"),
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text=_("Begins with https:// and ends with the year of the end point."),
    )
    certificate_file = models.CharField(_("client certificate file"), max_length=300, blank=True)
    key_file = models.CharField(
        _("private key file"),
        max_length=300,
        blank=True,
        help_text=_("Must be readable only by the product's own account."),
    )
    ca_file = models.CharField(
        _("authority certificates file"),
        max_length=300,
        blank=True,
        help_text=_("PEM file with the root and issuing certificates used to verify PASI's server."),
    )
    warn_days = models.PositiveSmallIntegerField(
        _("warn before expiry"), default=60, validators=between(7, 180), help_text=_("Days.")
    )
    # Serial number and last day of the certificate at the last look: a replaced file is told in the audit.
    known_certificate = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = _("Connection")

    @property
    def complete(self) -> bool:
        return bool(self.endpoint_url and self.certificate_file and self.key_file and self.ca_file)

    def files(self) -> tuple[Path, Path, Path]:
        return Path(self.certificate_file), Path(self.key_file), Path(self.ca_file)


class CallerSettings(Singleton):
    """What every request tells about us. Each field holds what it says (the model screen had two of them swapped)."""

    product = models.CharField(_("product"), max_length=100, default="PASI Connect")
    manufacturer = models.CharField(_("manufacturer"), max_length=100, default="PASI Connect")
    software_version = models.CharField(_("version"), max_length=30, default="0.1.0")
    build = models.CharField(_("build"), max_length=30, default="1")
    sync_name = models.CharField(_("name of internal processes"), max_length=100, default="[System] Sync")
    sync_local_id = models.CharField(_("local ID of internal processes"), max_length=50, default="pasisync")
    ip_address = models.CharField(_("IP address of internal processes"), max_length=50, default="127.0.0.1")

    class Meta:
        verbose_name = _("Caller information")
