"""The ASGI app: routers, error handlers and lifespan."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from sqlmodel import Session

from server import find, home, metrics, progress
from server.accounts import pages, routes_provider, routes_public, routes_ssh_keys
from server.accounts import routes as accounts
from server.accounts.provider_sessions import run_confirmations
from server.casework import routes as casework
from server.casework import routes_diary, routes_panels
from server.core import problems
from server.core.database import Services, open_database
from server.core.health import Health
from server.core.mail import run_outbox_worker
from server.core.middleware import PortalMiddleware
from server.core.seals import run_sealing
from server.core.secret_key import keys_of, order_keys
from server.core.settings import Settings
from server.core.storage import open_store
from server.core.units import WorkerPools
from server.desk import routes as desk
from server.desk import routes_post
from server.desk.leavers import run_giving_up
from server.desk.recomputing import run_recomputing
from server.desk.reminders import run_reminders
from server.documents import routes as documents
from server.documents.scanning import run_scans
from server.documents.sweep import run_sweeps
from server.figures import routes as figures
from server.figures.computing import run_figures
from server.forms import pages as forms_pages
from server.forms import routes as forms
from server.forms import routes_sharing
from server.forms.saving import run_save_cleanup
from server.messages import mailbox
from server.messages import routes as messages
from server.organisations import routes as organisations
from server.organisations.notices import run_membership_notices
from server.people import routes as people
from server.people.upkeep import run_updating_starts
from server.placements import routes as placements
from server.placements import routes_events as events
from server.placements import routes_letters as letters
from server.placements.reminders import run_consultation_reminders
from server.placements.school import run_schools
from server.records import routes as records
from server.records.retention import run_retention
from server.support import routes as support
from server.support import routes_staff as staff
from server.support.unsent import report_unsent_mail
from shared.accounts import DemoAccount
from shared.values.days import utc_now

ROUTERS = (
    routes_public.router,
    accounts.router,
    routes_ssh_keys.router,
    routes_provider.router,
    routes_provider.pages,
    pages.router,
    organisations.router,
    support.router,
    staff.router,
    people.router,
    messages.router,
    documents.router,
    forms.router,
    progress.router,
    home.router,
    find.router,
    desk.router,
    routes_post.router,
    casework.router,
    routes_panels.router,
    routes_diary.router,
    placements.router,
    events.router,
    letters.router,
    figures.router,
    routes_sharing.router,
    forms_pages.router,
    records.router,
    metrics.router,
)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services = app.state.services
    workers = [
        run_outbox_worker(services, report_unsent_mail),
        run_reminders(services),
        run_consultation_reminders(services),
        run_schools(services),
        run_giving_up(services),
        run_recomputing(services),
        run_updating_starts(services),
        run_membership_notices(services),
        run_sweeps(services),
        run_scans(services),
        run_save_cleanup(services),
        run_sealing(services),
        run_retention(services),
        run_figures(services),
        run_confirmations(services),
        app.state.health.watch(),
    ]
    tasks = [asyncio.create_task(work) for work in workers]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    services.close()


def open_services(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Services:
    """Open the services of a server from its settings; `clock` returns the time (UTC).

    Raises WrongSecretKey if the settings hold an old key too, and the database uses neither.
    """
    engine = open_database(settings.database)
    keys = keys_of(settings)
    if settings.secret_key_old is not None:
        with Session(engine) as session:
            keys = order_keys(session, keys)
    return Services(
        settings=settings,
        engine=engine,
        worker_pools=WorkerPools(engine),
        keys=keys,
        store=open_store(settings.documents),
        clock=clock,
    )


def create_app(services: Services, *, demo_accounts: Sequence[DemoAccount] = ()) -> FastAPI:
    """Build the app from its services.

    With `demo_accounts` it is a demo server: it lists these accounts and shows all mail.
    """
    # The interactive documentation is off, because it loads third-party scripts.
    app = FastAPI(title="Professional Portal", lifespan=_lifespan, docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.health = Health(services)
    app.state.gauges = metrics.Gauges(services, app.state.health)
    app.state.demo_accounts = list(demo_accounts)
    problems.install(app)
    app.add_middleware(PortalMiddleware)
    routers = (*ROUTERS, mailbox.router) if demo_accounts else ROUTERS
    for router in routers:
        # include_router would scan all routes twice, for features that the portal does not use.
        app.router.routes.extend(router.routes)
    return app
