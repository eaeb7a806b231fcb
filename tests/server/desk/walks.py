"""Random walks of cases over HTTP: an officer and two professionals, while the clock moves."""

from datetime import date, timedelta
from random import Random
from string import ascii_lowercase
from typing import Any
from uuid import UUID, uuid4

from httpx import Response

from tests.advice import minimal_advice
from tests.parts import Clock, Someone
from tests.server.desk.steps import advice_body, record_event
from tests.server.steps import add_child, ok, save, submit, submit_request

REASON = "As the panel said."
ANSWERED = {"accepted", "cancelled"}
LAST = {"withdrawn", "transferred_out", "ceased"}
UNDECIDED = {"submitted", "deciding", "returned_for_info"}
ADVICE_STATES = {"assessing", "reassessing", "draft_plan", "representations"}
WAYS = ("paper", "paper", "form", "became_responsible", "plan_transferred_in")
FORMS = ("educational-advice", "psychological-advice", "health-advice")
Page = dict[str, Any]
"""A case as the officer's page shows it."""


class Walk:
    """A case of one child, and the random steps of its three people."""

    def __init__(
        self, officer: Someone, professionals: list[Someone], clock: Clock, random: Random
    ) -> None:
        self._officer, self._professionals, self._clock = officer, professionals, clock
        self._random = random
        self.steps: list[str] = []
        """What was done, for the message of a failure."""
        self.professional = random.choice(professionals)
        name = "".join(random.choices(ascii_lowercase, k=9))
        born = random.choice(("2012-05-02", "2019-11-30"))
        self.person = add_child(self.professional, last_name=name, born=born)
        self.case: UUID | None = None
        self.page = Page()
        self.is_fresh = False
        """Whether the page is that of today."""
        self._actions = {
            self._record_event: 8,
            self._correct: 1,
            self._undo: 1,
            self._excuse: 3,
            self._take_excuse_back: 2,
            self._match: 2,
            self._ask_for_advice: 3,
            self._answer_advice: 2,
            self._work_on_advice: 4,
            self._send_request: 1,
            self._withdraw: 1,
            self._take_on: 1,
        }
        """What may be done, and how often it is chosen; what is not possible is left out."""
        self._begin(random.choice(WAYS))

    @property
    def today(self) -> date:
        """The day that it is."""
        return self._clock.now.date()

    def _begin(self, way: str) -> None:
        """Open a case by a request, on paper or by a form, or without a request."""
        self.steps.append(f"{self.today} {way}")
        if way == "form":
            submit_request(self.professional, self.person)
        elif way == "paper":
            body = {
                "submission": str(uuid4()),
                "version": str(uuid4()),
                "person": str(self.person),
                "received_on": str(self.today if self.case else self._some_day(-20, 0)),
                "answers": {},
            }
            self.page = ok(self._officer.post("/v1/desk/requests", json=body)).json()
        else:
            body = {
                "id": str(uuid4()),
                "kind": way,
                "on": str(self.today),
                "day": str(self._some_day(-300, 0)),
                "reason": REASON,
            }
            path = f"/v1/desk/people/{self.person}/cases"
            self.page = ok(self._officer.post(path, json=body)).json()
        if way == "form":
            rows = ok(self._officer.get("/v1/desk/cases?limit=200")).json()["rows"]
            [case] = [row["id"] for row in rows if row["person"] == str(self.person)]
            self.case = UUID(case)
            self.read()
        else:
            self.case, self.is_fresh = UUID(self.page["id"]), True

    def read(self) -> None:
        """Read the case's page."""
        self.page = ok(self._officer.get(f"/v1/desk/cases/{self.case}")).json()
        self.is_fresh = True

    def _some_day(self, first: int, last: int) -> date:
        return self.today + timedelta(days=self._random.randint(first, last))

    def step(self) -> bool:
        """Let the officer or a professional act, and return whether it was possible.

        The page is that of today then.
        """
        self.is_fresh = False
        if not self.page["allowed"]:
            self._begin("paper")
            return True
        actions = [action for action, times in self._actions.items() for _ in range(times)]
        self._random.shuffle(actions)
        reply = next(reply for reply in (action() for action in actions) if reply is not None)
        path = reply.request.url.path.rpartition("/")[2]
        body = reply.request.content[:120]
        self.steps.append(f"{self.today} {path} {body!r} {reply.status_code}")
        assert reply.status_code < 500, self.steps
        if not reply.is_success:
            return False
        if "allowed" in (reply.json() if reply.content else ""):
            self.page, self.is_fresh = reply.json(), True
        else:
            self.read()
        return True

    def _record_event(self) -> Response | None:
        assert self.case is not None
        choices = self.page["allowed"]
        if self._random.random() < 0.8:  # most cases go on for long
            choices = [choice for choice in choices if choice["kind"] not in LAST] or choices
        choice = self._random.choice(choices)
        on = self.today if self._random.random() < 0.9 else self._some_day(-10, 0)
        day = str(self._some_day(-10, 60)) if choice["day"] else None
        return record_event(self._officer, self.case, choice["kind"], str(on), REASON, day=day)

    def _events(self) -> list[Page]:
        return [event for event in self.page["events"] if not event["removed"]]

    def _correct(self) -> Response | None:
        event = self._random.choice(self._events())
        kinds = [event["kind"]] * 4 + ["decided_to_assess", "refused_to_assess"]
        body = {
            "id": str(uuid4()),
            "kind": self._random.choice(kinds),
            "on": str(date.fromisoformat(event["on"]) + timedelta(self._random.randint(-9, 9))),
            "day": event["day"],
            "text": REASON,
            "reason": REASON,
        }
        return self._officer.put(f"/v1/desk/cases/{self.case}/events/{event['id']}", json=body)

    def _undo(self) -> Response | None:
        event = self._events()[-1]
        if not event["undoable"]:
            return None
        path = f"/v1/desk/cases/{self.case}/events/{event['id']}/undo"
        return self._officer.post(path, json={"version": self.page["version"]})

    def _excuse(self) -> Response | None:
        rows = [row for row in self.page["deadlines"] if row["grounds"] and not row["excused"]]
        awaited = [row for row in self.page["advice"] if not row["excused"]]
        body = {"id": str(uuid4()), "ground": "personal", "reason": REASON}
        if awaited and self._random.random() < 0.5:
            body |= {"clock": "advice", "advice": self._random.choice(awaited)["id"]}
        elif rows:
            body |= {"clock": self._random.choice(rows)["kind"]}
        else:
            return None
        return self._officer.post(f"/v1/desk/cases/{self.case}/exemptions", json=body)

    def _take_excuse_back(self) -> Response | None:
        rows = [*self.page["deadlines"], *self.page["advice"]]
        excuses = [row["exemption"] for row in rows if row["exemption"]]
        if not excuses:
            return None
        path = f"/v1/desk/exemptions/{self._random.choice(excuses)}/remove"
        return self._officer.post(path, json={"reason": REASON})

    def _match(self) -> Response | None:
        if not self.page["new"]:
            return None
        return self._officer.post(f"/v1/desk/people/{self.person}/match", json={})

    def _take_on(self) -> Response | None:
        change = self._officer.delete if self.page["mine"] else self._officer.put
        return change(f"/v1/desk/cases/{self.case}/officer")

    def _ask_for_advice(self) -> Response | None:
        if self.page["state"] not in ADVICE_STATES:
            return None
        body = advice_body(self._random.choice(self._professionals), self._random.choice(FORMS))
        return self._officer.post(f"/v1/desk/cases/{self.case}/advice", json=body)

    def _answer_advice(self) -> Response | None:
        """Accept advice, return it, or ask no longer for it."""
        open_advice = [row for row in self.page["advice"] if row["state"] not in ANSWERED]
        if not open_advice:
            return None
        advice = self._random.choice(open_advice)
        is_submitted = advice["state"] == "submitted"
        answer = self._random.choice(("accept", "return") if is_submitted else ("cancel",))
        body = {"missing": REASON} if answer == "return" else None
        return self._officer.post(f"/v1/desk/advice/{advice['id']}/{answer}", json=body)

    def _work_on_advice(self) -> Response | None:
        """Let whom the officer asked start, submit or withdraw their advice."""
        open_advice = [row for row in self.page["advice"] if row["state"] not in ANSWERED]
        if not open_advice:
            return None
        advice = self._random.choice(open_advice)
        who = next(who for who in self._professionals if str(who.id) == advice["account"])
        if advice["state"] == "submitted":
            return who.post(f"/v1/submissions/{advice['submission']}/withdraw")
        reply = save(who, advice["submission"], minimal_advice(who))
        if reply.is_success and self._random.random() < 0.7:
            return submit(who, advice["submission"])
        return reply

    def _send_request(self) -> Response | None:
        """Let a professional request an assessment, which joins an open case."""
        if self.page["state"] not in UNDECIDED:
            return None
        submit_request(self.professional, self.person)
        return self.professional.get(f"/v1/people/{self.person}/progress")

    def _withdraw(self) -> Response | None:
        forms = [row for row in self.page["forms"] if not row["withdrawn"]]
        own = [row for row in forms if row["form"] == "professional-request"]
        if not own or self.page["state"] not in UNDECIDED:
            return None
        submission = self._random.choice(own)["submission"]
        return self.professional.post(f"/v1/submissions/{submission}/withdraw")
