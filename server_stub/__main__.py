"""``cardtool-ra``: serve, audit verify, backup, restore, migrate, officer, master-key, openapi."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from server_stub.db.errors import DatabaseAway, DatabaseUnusable

if TYPE_CHECKING:
    from server_stub.db.engine import Database

Run = Callable[[argparse.Namespace], int]
OK, FAILED, USAGE = 0, 1, 2
_MOST_WORKERS = 64


def main(arguments: Sequence[str] | None = None) -> int:
    if getattr(sys, "frozen", False):  # a worker process of the frozen program is this program again
        from multiprocessing import freeze_support  # noqa: PLC0415

        freeze_support()
    options = _parser().parse_args(arguments)
    run: Run = options.run
    try:
        return run(options)
    except (DatabaseAway, DatabaseUnusable) as error:
        return _complain(f"the database cannot be used: {error}", USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cardtool-ra", description="The reference registration authority.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, metavar="FOLDER", help="where keys and the database are kept")
    common.add_argument(
        "--db", default="", metavar="URL", help="another database, e.g. postgresql+psycopg://…"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", parents=[common], help="answer requests"))
    migrate = commands.add_parser("migrate", parents=[common], help="bring the database up to date")
    migrate.set_defaults(run=_migrate)
    audit = commands.add_parser("audit", parents=[common], help="the audit log")
    audit.add_argument("action", choices=["verify"])
    audit.set_defaults(run=_verify_audit)
    officer = commands.add_parser("officer", parents=[common], help="the RA's officers")
    officer.add_argument("action", choices=["add", "unlock"])
    officer.add_argument("name")
    officer.add_argument("--role", action="append", default=[], metavar="ROLE", help="registrar or auditor")
    officer.set_defaults(run=_officer)
    master = commands.add_parser("master-key", parents=[common], help="the master key")
    master.add_argument("action", choices=["move"], help="to where token.toml says")
    master.set_defaults(run=_master_key)
    _add_backup(commands.add_parser("backup", parents=[common], help="copy a running RA into one file"))
    _add_restore(commands.add_parser("restore", parents=[common], help="make an RA of such a file"))
    openapi = commands.add_parser("openapi", help="write the API's description to standard output")
    openapi.set_defaults(run=_openapi)
    return parser


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--listen", default="127.0.0.1:8470", metavar="HOST:PORT", help="port 0 picks a free one"
    )
    serve.add_argument("--url", help="the origin clients connect to, where a proxy stands in front")
    serve.add_argument("--pki-url", metavar="URL", help="where certificates point for revocation; plain http")
    serve.add_argument("--tls", action="store_true", help="https with a self-made certificate")
    serve.add_argument(
        "--units", type=Path, action="append", default=[], metavar="FOLDER", help="more unit files"
    )
    serve.add_argument(
        "--workers", type=_number_of_workers, default=1, metavar="N", help="processes that answer"
    )
    serve.add_argument("--demo", action="store_true", help="a made-up world, loopback only")
    serve.add_argument("--demo-json", type=Path, metavar="FILE", help="write the demo world's table there")
    serve.add_argument("--personaliser", metavar="CMD", help="the program that makes demo cards")
    serve.add_argument(
        "--bank", default="", metavar="MODULE:NAME", help="the adapter to the bank of the fees"
    )
    serve.add_argument("--stop-with-stdin", action="store_true", help="end when standard input ends")
    serve.set_defaults(run=_serve)


def _number_of_workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"a number from 1 to {_MOST_WORKERS}")
    return int(text)


def _add_backup(backup: argparse.ArgumentParser) -> None:
    backup.add_argument("target", type=Path, metavar="FILE|FOLDER", help="a new file, or a folder for one")
    backup.add_argument(
        "--units", type=Path, action="append", default=[], metavar="FOLDER", help="as given to serve"
    )
    backup.set_defaults(run=_backup)


def _add_restore(restore: argparse.ArgumentParser) -> None:
    restore.add_argument("source", type=Path, metavar="FILE", help="what backup made")
    restore.add_argument("--replace", action="store_true", help="keep what is there under another name")
    restore.add_argument(
        "--crl", type=Path, metavar="FILE", help="the last list published: revoke what it says"
    )
    restore.set_defaults(run=_restore)


def _serve(options: argparse.Namespace) -> int:
    from server_stub.serve import UsageRefused, serve  # noqa: PLC0415 (loads the whole server)

    try:
        serve(options, data_folder(options))
    except UsageRefused as error:
        return _complain(str(error), USAGE)
    return OK


def _migrate(options: argparse.Namespace) -> int:
    from server_stub.db.migrate import migrate  # noqa: PLC0415

    database = _database(options)
    migrate(database)
    database.close()
    return OK


def _verify_audit(options: argparse.Namespace) -> int:
    from server_stub.seals import AuditBroken, Notary  # noqa: PLC0415

    database = _database(options)
    try:
        with database.session(write=False) as db:
            count = Notary.open(data_folder(options)).verify(db)
    except AuditBroken as error:
        return _complain(str(error), FAILED)
    finally:
        database.close()
    sys.stdout.write(f"audit log whole: {count} entries\n")
    return OK


def _officer(options: argparse.Namespace) -> int:
    from server_stub.officer_command import OfficerRefused, run  # noqa: PLC0415

    try:
        sys.stdout.write(run(options, data_folder(options)))
    except OfficerRefused as error:
        return _complain(str(error), USAGE)
    return OK


def _master_key(options: argparse.Namespace) -> int:
    from server_stub.master_command import MoveRefused, move  # noqa: PLC0415

    try:
        sys.stdout.write(move(data_folder(options)))
    except MoveRefused as error:
        return _complain(str(error), FAILED)
    return OK


def _backup(options: argparse.Namespace) -> int:
    from server_stub.backup import command  # noqa: PLC0415

    try:
        sys.stdout.write(command.backup(options, data_folder(options)))
    except command.Failed as error:
        return _complain(str(error), FAILED)
    return OK


def _restore(options: argparse.Namespace) -> int:
    from server_stub.backup import command  # noqa: PLC0415

    try:
        sys.stdout.write(command.restore(options, data_folder(options)))
    except command.Failed as error:
        return _complain(str(error), FAILED)
    return OK


def _openapi(_options: argparse.Namespace) -> int:
    from server_stub.openapi import document  # noqa: PLC0415

    sys.stdout.write(json.dumps(document(), ensure_ascii=False, indent=1) + "\n")
    return OK


def data_folder(options: argparse.Namespace) -> Path:
    """Demo and real service never share a folder."""
    if options.data:
        return Path(options.data)
    return user_data_path("cardtool-ra-demo" if getattr(options, "demo", False) else "cardtool-ra")


def _database(options: argparse.Namespace) -> Database:
    """Raises DatabaseUnusable."""
    from server_stub.db.engine import Database  # noqa: PLC0415
    from server_stub.settings import Settings  # noqa: PLC0415

    data_folder(options).mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(Settings(data=data_folder(options), url="", database=options.db).database_url)
    database.reach()
    return database


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"cardtool-ra: {text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
