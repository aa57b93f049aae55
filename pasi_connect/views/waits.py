"""What waits for the person, on Home: each thing once, similar changes as one, exceptions apart."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations import keyset, rights
from operations import selectors as operations_selectors
from operations.models import Job, User
from operations.views.jobs import label as job_label
from pasi_connect import selectors
from pasi_connect.filters import CONFLICTS, REFUSED, SAFE, WHOLE
from pasi_connect.rules import bulk as bulk_rules
from pasi_connect.services import words
from pasi_connect.services.pull import vanishing
from pasi_connect.views import change_rows, changes

GROUPS_SHOWN = 5

Row = dict[str, Any]


def rows(user: User, counts: dict[str, int]) -> list[Row]:
    """[{count, title, url, text, label, action}]; `counts` as of `changes.group_counts`. The same number of queries always."""
    groups = selectors.alike(user, GROUPS_SHOWN)
    kinds = _kinds(user, counts, groups)
    return [*_approvals(user), *_alike(user, groups), *kinds, *_refused(counts), *_set_aside(user)]


def _approvals(user: User) -> list[Row]:
    """Jobs that the guard holds, and PASI's sets that it has stopped, for those who may release them."""
    lines = []
    jobs = list(operations_selectors.approvable(user).order_by("id")[:2])
    if jobs:
        number = operations_selectors.approvable(user).count()
        everything = f"{reverse('operations:jobs')}?state=waiting"
        alone = reverse("operations:job", args=[jobs[0].pk])
        lines.append(
            {
                "count": number,
                "title": ngettext("Job waiting for approval", "Jobs waiting for approval", number),
                "url": everything,
                "text": f"{job_label(jobs[0])}, {jobs[0].actor_name}"
                if number == 1
                else _("Nothing happens until you approve it."),
                "label": _("Review and approve"),
                "action": alone if number == 1 else everything,
            }
        )
    if rights.can(user, "approve", "guard"):
        stopped = len(vanishing.stopped(user))
        if stopped:
            lines.append(
                {
                    "count": stopped,
                    "title": _("Records missing from what PASI sent"),
                    "url": reverse("pasi_connect:guard"),
                    "text": _("Many are missing at once, so nothing was removed here. Check the list first."),
                    "label": _("Check the list"),
                }
            )
    return lines


def _set_aside(user: User) -> list[Row]:
    number = selectors.failures(user).order_by().count()
    if not number:
        return []
    return [
        {
            "count": number,
            "title": _("Failed"),
            "url": reverse("pasi_connect:set-aside"),
            "text": _("PASI Connect failed to process these records three times. All other records are processed."),
            "label": _("See where they failed"),
        }
    ]


def _alike(user: User, groups: list[selectors.Alike]) -> list[Row]:
    boards = words.boards_of(group.first for group in groups)
    inbox, lines = reverse("pasi_connect:changes"), []
    held = selectors.alike_in_jobs(user) if groups else {}
    for group in groups:
        job = held.get(group.key)
        if job is not None and (job.total or 0) < group.count:
            job = None  # it holds part of the group, such as one school's
        if job is not None and operations_selectors.may_approve(user, job):
            continue  # listed as the job that waits for their approval
        first, here = group.first, f"{inbox}?{urlencode({'alike': group.key})}"
        together = not bulk_rules.BY_KEY[first.kind, bulk_rules.ACCEPT].named and selectors.decides(user)
        query = urlencode({"decision": bulk_rules.ACCEPT, "all": "1", "alike": group.key})
        number = keyset.upto(group.count)
        lines.append(
            {
                "count": number,
                "title": change_rows.what_changed(first, boards),
                "url": here,
                "text": _("%(kind)s, by %(who)s")
                % {"kind": words.KIND[first.kind]["label"], "who": first.changed_by or _("an unknown user")},
                "label": _("Review all %(n)s") % {"n": number} if together else _("Review them"),
                "action": f"{reverse('pasi_connect:bulk')}?{query}" if together else here,
                **(_in_job(job) if job is not None else {}),
            }
        )
    return lines


def _in_job(job: Job) -> Row:
    """Already decided together and held by the guard: nobody reviews it a second time."""
    return {
        "text": _("Decided together by %(who)s; the job is waiting for approval") % {"who": job.actor_name},
        "label": _("View the job"),
        "action": reverse("operations:job", args=[job.pk]),
    }


def _kinds(user: User, counts: dict[str, int], groups: list[selectors.Alike]) -> list[Row]:
    """Changes by the work they need, without those already listed as similar."""
    acts = selectors.decides(user)
    kinds = (
        (
            "safe",
            SAFE,
            (_("Safe changes from PASI"), _("Other safe changes from PASI")),
            _("Only PASI changed. One key accepts a change and shows the next one."),
        ),
        (
            "conflicts",
            CONFLICTS,
            (_("Conflicts"), _("Other conflicts")),
            _("The same field differs here and in PASI. Each one needs a decision."),
        ),
        (
            "whole",
            WHOLE,
            (_("Whole records"), _("Other whole records")),
            _("Created or deleted in PASI, or missing there."),
        ),
    )
    lines = []
    for name, members, titles, text in kinds:
        above = [group for group in groups if group.first.kind in members]
        left = counts[name] - sum(group.count for group in above)
        if left <= 0:
            continue
        query = {"group": name}
        if above:
            query["not_alike"] = ",".join(group.key for group in above)
        here = f"{reverse('pasi_connect:changes')}?{urlencode(query)}"
        first = changes.first_open(user, name).exclude(alike__in=[group.key for group in above]).first()
        lines.append(
            {
                "count": keyset.upto(left),
                "title": titles[1 if above else 0],
                "url": here,
                "text": text,
                "label": (_("Work through them") if name == "safe" else _("Open the first"))
                if acts
                else _("Review them"),
                "action": f"{reverse('pasi_connect:change', args=[first.pk])}?{urlencode(query)}"
                if acts and first
                else here,
            }
        )
    return lines


def _refused(counts: dict[str, int]) -> list[Row]:
    """Decided to keep the SIS, and PASI did not take it."""
    if not counts["refused"]:
        return []
    return [
        {
            "count": keyset.upto(counts["refused"]),
            "title": _("Resets that PASI refused"),
            "url": f"{reverse('pasi_connect:changes')}?{urlencode({'state': REFUSED})}",
            "text": _("You kept the SIS value and PASI did not accept it. Each item shows why, and what you can do."),
            "label": _("Review them"),
        }
    ]
