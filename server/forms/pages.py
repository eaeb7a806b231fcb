"""The browser page for checking a receipt."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from server.accounts.actor import address_of
from server.core import throttle
from server.core.html import Pages, read_form
from server.core.problems import PortalProblem
from server.core.routing import TransactionRoute, services_of
from server.core.throttle import Operation, Source
from server.forms.copies import find_receipt_key, moment_text
from shared.forms.receipts import BadReceipt, Receipt, check_signature, find_receipt

FORM_BYTES = 8 * 1024
TITLE = "Check a receipt"

router = APIRouter(include_in_schema=False, route_class=TransactionRoute)

_render = Pages("server.forms").render


@router.get("/receipt")
async def show_receipt_check(request: Request) -> HTMLResponse:
    """Show the form for a receipt."""
    return _render_check(request)


@router.post("/receipt")
async def check_receipt(request: Request) -> HTMLResponse:
    """Check a pasted receipt, and show its contents."""
    form = await read_form(request, FORM_BYTES)
    services, address = services_of(request), address_of(request)
    try:
        await services.read(
            lambda tx: throttle.check(tx, Operation.RECEIPT, source=Source(address))
        )
        receipt = find_receipt(form.get("receipt", ""))
        key = await services.read(lambda tx: find_receipt_key(tx, receipt.key))
        check_signature(receipt, key)
    except PortalProblem as problem:
        return _render_check(request, error=str(problem), status=problem.problem.status)
    except BadReceipt as error:
        await services.write(
            lambda tx: throttle.record_failure(tx, Operation.RECEIPT, source=Source(address))
        )
        return _render_check(request, error=str(error), status=422)
    return _render_check(request, receipt)


def _render_check(
    request: Request, receipt: Receipt | None = None, *, error: str = "", status: int = 200
) -> HTMLResponse:
    submitted = moment_text(receipt.submitted) if receipt else ""
    return _render(
        request, "receipt", status, title=TITLE, receipt=receipt, submitted=submitted, error=error
    )
