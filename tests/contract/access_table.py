"""Every address of the product against every actor.

The statuses stand in the order anonymous, registrar of school A, registrar of school B, district officer, administrator. What
is asked about belongs to school A (`world.build`). 302 for anonymous people is the way to sign in. Foreign is 404, a missing
permission 403.
"""

from tests.contract.access_row import (
    ADMINISTRATOR_DOES,
    ADMINISTRATOR_REFUSED,
    API_DECIDES,
    API_ITEM,
    API_LIST,
    API_OWN,
    API_RECONCILES,
    API_YEAR_END,
    API_YEAR_END_READ,
    DECIDES_OK,
    DECIDES_REFUSED,
    DISTRICT_READS,
    EVERYBODY,
    FOR_ADMINISTRATORS,
    FOR_NOBODY,
    GUIDED,
    IN_SCOPE,
    NO_RESULT,
    PAGE,
    RECONCILES,
    RECONCILES_DOES,
    RECONCILES_REFUSED,
    SETS_UP,
    Row,
)

API = (
    Row("api:root", API_LIST),
    Row("api:school-list", API_LIST),
    Row("api:school-detail", API_ITEM, ("school",)),
    Row("api:student-list", API_LIST),
    Row("api:student-detail", API_ITEM, ("student",)),
    Row("api:student-detail", API_DECIDES, ("student",), "PATCH", {"legal_suffix": "Jr."}),
    Row("api:enrolment-list", API_LIST),
    Row(
        "api:enrolment-list",
        "401 201 400 201 403",  # the student does not exist for the other school
        method="POST",
        body={
            "asn": "$asn", "school": "$school", "school_year": "$school_year", "start_date": "$first_day",
            "exit_date": "$last_day", "programming_timeframe": "Evening",
        },
    ),
    Row("api:enrolment-detail", API_ITEM, ("enrolment",)),
    Row("api:enrolment-detail", API_DECIDES, ("enrolment",), "PATCH", {"grade": "10"}),
    Row("api:course-list", API_LIST),
    Row("api:course-detail", "401 200 200 200 200", ("course",)),  # of the authority
    Row("api:section-list", API_LIST),
    Row(
        "api:section-list",
        "401 201 400 201 403",
        method="POST",
        body={
            "school": "$school", "school_year": "$school_year", "term": "$term_name", "course_codes": "$course_codes", "number": "77",
        },
    ),
    Row("api:section-detail", API_ITEM, ("section",)),
    Row("api:section-detail", API_DECIDES, ("section",), "PATCH", {"teacher": "A. Varga"}),
    Row("api:section-detail", "401 200 404 200 403", ("free_section",), "DELETE"),
    Row("api:course-enrolment-list", API_LIST),
    Row("api:course-enrolment-detail", API_ITEM, ("sitting",)),
    Row("api:stored-grade-list", API_LIST),
    Row("api:stored-grade-detail", API_ITEM, ("grade",)),
    *(
        Row(f"api:enrolment-{name}", "401 400 404 400 403", ("enrolment",), "POST")  # what is missing is said
        for name in GUIDED
    ),
    Row("api:student-enrolments", API_ITEM, ("asn",)),
    Row("api:student-enrolments", "401 400 404 400 403", ("asn",), "POST"),
    Row("api:enrolment-send", "401 403 403 200 403", ("enrolment",), "POST"),
    Row("api:enrolment-historical", "401 409 404 409 403", ("enrolment",)),  # its year is synchronized
    Row("api:enrolment-historical", "401 409 404 409 403", ("enrolment",), "POST", {"version": 10}),
    Row("api:school-send", "401 403 403 202 403", ("school",), "POST"),
    Row("api:bulk", "401 403 403 200 403", ("bulk_resource",), "PUT", {"external_id": "st-9"}, more={"strong_b": 403}),
    Row("api:submission-list", API_LIST),
    Row("api:submission-detail", API_ITEM, ("rejected",)),
    Row("api:submission-send-again", API_DECIDES, ("rejected",), "POST"),
    Row("api:submission-cancel", API_DECIDES, ("rejected",), "POST"),
    Row("api:discrepancy-list", API_LIST),
    Row("api:discrepancy-detail", API_ITEM, ("item",)),
    Row("api:discrepancy-accept", API_DECIDES, ("item",), "POST"),
    Row("api:discrepancy-reject", API_DECIDES, ("item",), "POST", {"reason": "Ours is right."}),
    Row("api:discrepancy-link-anew", "401 409 404 409 403", ("item",), "POST"),  # its identity has not changed
    Row("api:discrepancy-take-former", "401 409 404 409 403", ("item",), "POST"),  # no reset has arrived
    Row("api:discrepancy-undo", API_DECIDES, ("decided",), "POST"),
    Row(
        "api:discrepancy-decide", "401 202 202 202 403", method="POST",
        body={"filter": {"status": "open"}, "decision": "accept"},
    ),
    Row("api:decision-list", API_LIST),
    Row("api:decision-detail", API_ITEM, ("action",)),
    Row("api:decision-records", API_ITEM, ("action",)),
    Row("api:decision-undo", API_DECIDES, ("action",), "POST"),
    Row("api:failure-list", API_LIST),
    Row("api:failure-detail", API_ITEM, ("failure",)),
    Row("api:failure-try-again", API_DECIDES, ("failure",), "POST"),
    Row("api:exchange-list", API_LIST),
    Row("api:exchange-detail", API_ITEM, ("exchange",)),
    Row("api:read-list", "401 403 403 403 200"),
    Row("api:job-list", API_LIST),
    Row("api:job-detail", API_OWN, ("job",)),
    Row("api:job-rows", API_OWN, ("job",)),
    Row("api:job-approve", "401 403 403 200 403", ("waiting_job",), "POST"),
    Row("api:job-cancel", "401 200 404 200 403", ("job",), "POST"),
    Row("api:job-resume", "401 200 404 200 403", ("cancelled_job",), "POST"),
    Row("api:reconciliation-list", API_RECONCILES),
    Row("api:reconciliation-list", "401 403 403 415 403", method="POST"),  # JSON is no upload
    Row("api:reconciliation-detail", API_RECONCILES, ("reconciliation",)),
    Row("api:reconciliation-detail", "401 403 403 204 403", ("reconciliation",), "DELETE"),
    Row("api:reconciliation-rows", "401 403 403 409 403", ("reconciliation",)),  # it has no result yet
    Row("api:reconciliation-download", "401 403 403 409 403", ("reconciliation", "result_name")),
    Row(
        "api:year-end-rehearsal-list", API_YEAR_END, method="POST", body={"school_year": "$school_year", "early": True},
        more={"strong_b": 400},  # all schools are not theirs: a school has to be named
    ),
    Row("api:year-end-rehearsal-detail", API_YEAR_END_READ, ("rehearsal",)),
    Row("api:year-end-rehearsal-rows", API_YEAR_END_READ, ("rehearsal",)),
    Row(
        "api:year-end-run-list", API_YEAR_END, method="POST", body={"rehearsal": "$rehearsal"},
        more={"strong_b": 400},  # there is no such rehearsal for them
    ),
    Row("api:year-end-run-detail", API_YEAR_END_READ, ("run",)),
    Row(
        "api:enrolment-exit-codes",
        "401 200 400 200 403",  # the enrolment does not exist for the other school
        method="POST",
        body={"ids": "$enrolments", "exit_code": "A7", "reason": "As told."},
    ),
    Row("api:schema", API_LIST),
    Row("api:docs", PAGE, more={"service_account": 302}),  # a page for people who are signed in
    Row("api:no-such-address", FOR_NOBODY),
)  # fmt: skip

DOORS = (
    Row("livez", EVERYBODY),
    Row("healthz", "503 503 503 503 503"),  # no worker beats here; the same for everybody
    Row("metrics", EVERYBODY),  # from this machine, outside production: tests/operations/test_metrics.py
    Row("login", "200 302 302 302 302"),
    Row("login", "200 302 302 302 302", method="POST", body={"username": "x", "password": "y"}),
    Row(
        "sign-in-again",
        "422 422 422 422 422",
        method="POST",
        body={"username": "x", "password": "y", "to": "/profile/"},
    ),
    Row("invitation", EVERYBODY, ("invitation",)),
    Row("invitation", "422 422 422 422 422", ("invitation",), "POST"),
    Row("logout", "302 302 302 302 302", method="POST"),
    Row("set_language", "302 302 302 302 302", method="POST", body={"language": "fr"}),
    Row("home", PAGE),
    Row("operations:theme", "302 302 302 302 302", method="POST", body={"theme": "dark"}),
    Row("operations:list-columns", "302 302 302 302 302", ("list_page",), "POST", {"column": "state"}),
    Row("operations:list-reset", "302 302 302 302 302", ("list_page",), "POST"),
    Row("operations:words", PAGE),
    Row("operations:styleguide", PAGE),
)

OWN = (
    Row("operations:jobs", PAGE),
    Row("operations:job", "302 200 404 200 200", ("job",)),
    Row("operations:job-state", "302 200 404 200 200", ("job",)),
    Row("operations:job-approve", "302 403 404 302 403", ("waiting_job",), "POST"),
    Row("operations:job-cancel", DECIDES_OK, ("job",), "POST"),
    Row("operations:job-resume", DECIDES_OK, ("cancelled_job",), "POST"),
    Row("operations:profile", PAGE),
    Row("operations:profile", "302 302 302 302 302", method="POST", body={"language": "en"}),
    Row("operations:password", "302 422 422 422 422", method="POST"),
    Row("operations:tokens", "302 422 422 422 422", method="POST"),
    Row("operations:token-revoke", "302 404 404 404 404", ("token",), "POST"),  # somebody else's token
)

PEOPLE = (
    Row("operations:people", FOR_ADMINISTRATORS),
    Row("operations:person-add", FOR_ADMINISTRATORS),
    Row("operations:person-add", ADMINISTRATOR_REFUSED, method="POST"),
    Row("operations:person", FOR_ADMINISTRATORS, ("somebody",)),
    Row("operations:person", ADMINISTRATOR_REFUSED, ("somebody",), "POST"),
    # Who sees school B alone does not look after the person, who sees school A.
    Row("operations:person-link", "302 403 403 403 200", ("somebody",), "POST", more={"strong_b": 403}),
    Row("operations:person-unlock", ADMINISTRATOR_DOES, ("somebody",), "POST", more={"strong_b": 403}),
    Row("operations:service-add", FOR_ADMINISTRATORS),
    Row("operations:service-add", ADMINISTRATOR_REFUSED, method="POST"),
    Row("operations:person", FOR_ADMINISTRATORS, ("service",)),
    Row("operations:person-link", "302 403 403 403 404", ("service",), "POST"),  # it has none
    Row("operations:person-tokens", "302 403 403 403 404", ("somebody",), "POST"),  # people make their own
    Row("operations:person-tokens", ADMINISTRATOR_REFUSED, ("service",), "POST"),
    Row("operations:person-token-revoke", ADMINISTRATOR_DOES, ("somebody", "token"), "POST", more={"strong_b": 403}),
    Row("operations:errors", "302 403 403 200 200"),
    Row("operations:roles", FOR_ADMINISTRATORS),
    Row("operations:roles", "302 403 403 403 404", method="POST"),  # a role that does not exist
    Row("sis:access", ADMINISTRATOR_DOES, ("somebody",), "POST"),
)

SIS = (
    Row("sis:school-list", "302 302 302 200 200", more={"no_school": 200}),  # who has one school goes straight to it
    Row("sis:school", IN_SCOPE, ("school",)),
    Row(
        "sis:school-state", SETS_UP, ("school",), query={"name": "enrolment_sync", "value": "inactive"}
    ),
    Row(
        "sis:school-state", "302 403 403 302 302", ("school",), "POST", {"name": "enrolment_sync", "value": "inactive"}
    ),
    Row("sis:student-list", PAGE),
    Row("sis:student-export", PAGE, ("csv",)),
    Row("sis:student-find", PAGE),
    Row("sis:student-find", "302 302 200 302 302", method="POST", body={"q": "$asn"}),
    Row("sis:student", IN_SCOPE, ("student",)),
    Row("sis:reads", FOR_ADMINISTRATORS),
    Row("sis:reads-find", ADMINISTRATOR_DOES, method="POST", body={"q": "$asn"}),
    Row("sis:reads-export", FOR_ADMINISTRATORS, ("csv",)),
    Row("sis:section-list", PAGE),
    Row("sis:section-export", PAGE, ("csv",)),
    Row("sis:section", IN_SCOPE, ("section",)),
    Row("sis:section-edit", "302 200 404 200 403", ("section",)),
    Row("sis:section-edit", DECIDES_REFUSED, ("section",), "POST"),
    Row("sis:section-delete", "302 200 404 200 403", ("section",)),
    Row("sis:section-delete", DECIDES_REFUSED, ("section",), "POST"),
    Row("sis:section-add", "302 200 404 200 403", ("school",)),
    Row("sis:section-add", DECIDES_REFUSED, ("school",), "POST"),
    Row("sis:term", "302 403 403 200 200", ("term",)),
    Row("sis:term", "302 403 403 302 302", ("term",), "POST", {"alternate_code": "FY"}),
    Row("sis:course-add", "302 200 404 200 403", ("enrolment",)),
    Row("sis:course-add", DECIDES_REFUSED, ("enrolment",), "POST"),
    Row("sis:course-enrolment", "302 200 404 200 403", ("sitting",)),
    Row("sis:course-enrolment", DECIDES_REFUSED, ("sitting",), "POST"),
)  # fmt: skip

CHANGES = (
    Row("pasi_connect:changes", PAGE),
    Row("pasi_connect:student-standing", IN_SCOPE, ("student",)),
    Row("pasi_connect:identification", "302 200 404 200 403", ("student",)),
    Row("pasi_connect:identification", DECIDES_REFUSED, ("student",), "POST"),
    Row("pasi_connect:change", IN_SCOPE, ("item",)),
    Row("pasi_connect:change-state", IN_SCOPE, ("item",)),
    Row(
        "pasi_connect:change", DECIDES_OK, ("item",), "POST",
        {"version": "$item_version", "do": "all-pasi", "reason": "As told."},
    ),
    Row("pasi_connect:decision-undo", DECIDES_OK, ("decision",), "POST"),
    Row("pasi_connect:decision-take-former", DECIDES_OK, ("decision",), "POST"),
    Row("pasi_connect:bulk", "302 200 200 200 403", query={"decision": "accept"}),
    Row("pasi_connect:bulk", "302 409 409 409 403", method="POST", body={"decision": "accept", "item": "$item"}),
    Row("pasi_connect:first-comparison", PAGE),
    Row("pasi_connect:changes-export", PAGE, ("csv",)),
    Row("pasi_connect:actions", PAGE),
    Row("pasi_connect:action", IN_SCOPE, ("action",)),
    Row("pasi_connect:action-undo", "302 200 404 200 403", ("action",)),
    Row("pasi_connect:action-undo", DECIDES_OK, ("action",), "POST"),
    Row("pasi_connect:submissions", PAGE),
    Row("pasi_connect:submission", IN_SCOPE, ("rejected",)),
    Row("pasi_connect:submission-state", IN_SCOPE, ("rejected",)),
    Row("pasi_connect:submission-send-again", DECIDES_OK, ("rejected",), "POST", {"seen": "10"}),
    Row("pasi_connect:submission-cancel", DECIDES_OK, ("rejected",), "POST", {"seen": "10"}),
    Row("pasi_connect:submission-take-pasi", DECIDES_OK, ("rejected",), "POST", {"seen": "10"}),
    Row("pasi_connect:submission-spelling", DECIDES_REFUSED, ("held",), "POST"),
    Row("pasi_connect:set-aside", PAGE),
    Row("pasi_connect:set-aside-try", "302 302 302 302 403", method="POST", body={"failure": "$failure"}),
    Row("pasi_connect:exchanges", PAGE),
    Row("pasi_connect:exchange", IN_SCOPE, ("exchange",)),
    Row("pasi_connect:link", PAGE),
    Row("pasi_connect:pulse", PAGE),
    Row("pasi_connect:enrolment", "302 200 404 200 403", ("enrolment",)),
    Row("pasi_connect:enrolment", DECIDES_REFUSED, ("enrolment",), "POST"),
    Row("pasi_connect:enrolment-state", IN_SCOPE, ("enrolment",)),
    Row("pasi_connect:enrolment-live", IN_SCOPE, ("enrolment",)),
    Row("pasi_connect:enrolment-live", "302 409 404 409 403", ("enrolment",), "POST"),  # its year is synchronized
    Row("pasi_connect:enrolment-live-send", "302 409 404 409 403", ("enrolment",), "POST", {"seen": "10"}),
    Row("pasi_connect:enrolment-live-take", "302 409 404 409 403", ("enrolment",), "POST", {"seen": "10"}),
    Row("pasi_connect:enrolment-send", "302 403 403 302 403", ("enrolment",), "POST"),
    Row("pasi_connect:school-send", "302 403 403 302 403", ("school",), "POST"),
    *(Row(f"registrar:action-{name}", "302 200 404 200 403", ("enrolment",)) for name in GUIDED),
    *(Row(f"registrar:action-{name}", DECIDES_REFUSED, ("enrolment",), "POST") for name in GUIDED),
    Row("registrar:action-enrol", "302 200 404 200 403", ("student",)),
    Row("registrar:action-enrol", DECIDES_REFUSED, ("student",), "POST"),
    Row("pasi_connect:action", IN_SCOPE, ("action",)),
    Row("pasi_connect:action-undo", "302 200 404 200 403", ("action",)),
    Row("pasi_connect:action-undo", DECIDES_OK, ("action",), "POST", {"reason": "As told."}),
    Row("registrar:planned", "302 200 200 200 403"),
)  # fmt: skip

ALERTS = (
    Row("alerts:mine", "302 302 302 302 302"),  # leads to the inbox
    Row("alerts:assign", DECIDES_OK, ("item",), "POST", {"to": "$somebody"}),
    Row("alerts:snooze", DECIDES_OK, ("item",), "POST", {"until": "2199-01-01", "reason": "Later."}),
    Row("alerts:notices", PAGE),
    Row("alerts:notice-seen", DECIDES_OK, ("notice",), "POST"),
    Row("alerts:other-records", PAGE),
    Row("alerts:record-seen", DECIDES_OK, ("elsewhere",), "POST", {"version": "10"}),
    Row("alerts:own", PAGE),
    Row("alerts:own", "302 302 302 302 302", method="POST", body={"how": "off"}),
    Row("alerts:mail-test", "302 302 302 302 302", method="POST"),
    Row("alerts:absence", "302 422 422 422 403", method="POST"),
    Row("alerts:absence-end", "302 302 404 404 403", ("absence",), "POST"),  # registrar A's own
)

SETUP = (
    Row("pasi_connect:setup", SETS_UP),
    Row("pasi_connect:connection-test", "302 403 403 302 302", method="POST"),
    Row("pasi_connect:first-reading", "302 403 403 302 302", method="POST"),
    Row("pasi_connect:settings-synchronization", SETS_UP),
    Row("pasi_connect:settings-synchronization", "302 403 403 422 422", method="POST"),
    Row("pasi_connect:settings-connection", SETS_UP),
    Row("pasi_connect:settings-connection", "302 403 403 422 422", method="POST", body={"endpoint_url": "http://x"}),
    Row("pasi_connect:settings-caller", SETS_UP),
    Row("pasi_connect:settings-caller", "302 403 403 422 422", method="POST"),
    Row("pasi_connect:settings-retention", SETS_UP),
    Row("pasi_connect:settings-retention", "302 403 403 422 422", method="POST"),
    Row("pasi_connect:archive", SETS_UP),
    Row("pasi_connect:archive-run", "302 403 403 302 302", method="POST"),
    Row("pasi_connect:archive-file", "302 403 403 404 404", ("result_name",)),  # no such file
    Row("pasi_connect:settings-approval", FOR_ADMINISTRATORS, more={"strong_b": 403}),  # of the whole authority
    Row("pasi_connect:settings-approval", ADMINISTRATOR_REFUSED, method="POST", more={"strong_b": 403}),
    Row("pasi_connect:certificate", SETS_UP),
    Row("pasi_connect:guard", SETS_UP),
    Row("pasi_connect:guard-item", SETS_UP, ("guard",)),
    Row("pasi_connect:guard-export", SETS_UP, ("guard", "csv")),
    Row("pasi_connect:guard-item", "302 403 403 302 403", ("guard",), "POST", {"stopped_at": "$stopped_at"}),
)

YEAR_END = (
    Row("registrar:year-end", DISTRICT_READS),
    Row(
        "registrar:year-end",
        "302 403 403 302 403",
        method="POST",
        body={"school_year": "$school_year", "early": "on"},
        more={"strong_b": 422},
    ),
    Row("registrar:year-end-rehearsal", DISTRICT_READS, ("rehearsal",)),
    Row("registrar:year-end-rehearsal", "302 403 403 302 403", ("rehearsal",), "POST"),
    Row("registrar:year-end-progress", DISTRICT_READS, ("rehearsal",)),
    Row("registrar:year-end-file", DISTRICT_READS, ("rehearsal",)),
    Row("registrar:year-end-run", DISTRICT_READS, ("run",)),
    Row("registrar:exit-codes", "302 200 200 200 403"),
    Row("registrar:exit-codes", "302 422 422 422 403", method="POST"),  # nothing is chosen
)

RECONCILIATION = (
    Row("reconciliation:runs", RECONCILES),
    Row("reconciliation:keeping", RECONCILES_REFUSED, method="POST"),
    Row("reconciliation:new", RECONCILES),
    Row("reconciliation:new", RECONCILES_REFUSED, method="POST"),
    Row("reconciliation:run", RECONCILES, ("reconciliation",)),
    Row("reconciliation:choose", RECONCILES_REFUSED, ("reconciliation",), "POST", {"school": "x"}),
    Row("reconciliation:progress", RECONCILES_DOES, ("reconciliation",)),
    Row("reconciliation:cancel", RECONCILES_DOES, ("reconciliation",), "POST"),
    Row("reconciliation:remove", RECONCILES_DOES, ("reconciliation",), "POST"),
    Row("reconciliation:find", RECONCILES_DOES, ("reconciliation",), "POST"),
    Row("reconciliation:unusable", NO_RESULT, ("reconciliation",)),
    Row("reconciliation:summary", NO_RESULT, ("reconciliation",)),
    Row("reconciliation:download", NO_RESULT, ("reconciliation", "result_name")),
)

TABLE = (*API, *DOORS, *OWN, *PEOPLE, *SIS, *CHANGES, *ALERTS, *SETUP, *YEAR_END, *RECONCILIATION)

COLUMNS = ("anonymous", "registrar_a", "registrar_b", "district", "admin")
# Open to whoever is signed in, also without a permission; all else is 403 for an empty role, foreign or not.
OPEN = frozenset("""
    livez healthz metrics login sign-in-again logout set_language invitation operations:theme operations:words
    operations:styleguide operations:profile operations:password operations:tokens operations:token-revoke
    operations:list-columns operations:list-reset alerts:own alerts:mail-test api:root api:schema api:docs
    api:no-such-address
""".split())  # fmt: skip
# What lies at school A, or is a thing of all schools: not there for somebody of school B, whatever they may do.
OF_SCHOOL_A = frozenset("enrolment school term guard job waiting_job reconciliation rehearsal run".split())


def expected(row: Row, actor: str) -> int:
    """The status for an actor: a column, or what follows from the columns."""
    if actor in row.more:
        return row.more[actor]
    by_column = dict(zip(COLUMNS, map(int, row.statuses.split()), strict=True))
    strongest = by_column["admin"] if by_column["district"] == 403 else by_column["district"]
    match actor:
        case "inactive" | "expired_token":
            return by_column["anonymous"]
        case "service_account":  # a token opens the API alone
            if {"job", "cancelled_job"} & {*row.args} and row.name.startswith("api:"):
                return by_column["registrar_b"]  # another person's job
            return by_column["registrar_a" if row.name.startswith("api:") else "anonymous"]
        case "no_school":
            return by_column["registrar_b"]
        case "empty_role":
            return by_column["registrar_a"] if row.name in OPEN else 403
        case "superuser":
            return strongest
        case "strong_b":
            if by_column["registrar_b"] != 403:
                return by_column["registrar_b"]
            return 404 if OF_SCHOOL_A & {*row.args} else strongest
    return by_column[actor]
