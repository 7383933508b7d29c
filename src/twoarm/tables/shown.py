"""The tables that the report shows, by the name of their file."""

from twoarm.tables.care import AdverseEvents, Findings
from twoarm.tables.clones import ClonesOverTime
from twoarm.tables.cohort import Attrition, Audit, Missingness
from twoarm.tables.contract import Table
from twoarm.tables.criteria import Versions
from twoarm.tables.description import Description
from twoarm.tables.diagnostics import Diagnostics, Dropped
from twoarm.tables.fragility import Checks, Influence, Tipping
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.outcomes import Scans
from twoarm.tables.propensity import Balance
from twoarm.tables.quality import Quality
from twoarm.tables.reporting import Answers, Protocol
from twoarm.tables.survival import Effects, Truncations
from twoarm.tables.validation import Performance

SHOWN: dict[str, type[Table]] = {
    "effects": Effects,
    "balance": Balance,
    "diagnostics": Diagnostics,
    "dropped": Dropped,
    "audit": Audit,
    "attrition": Attrition,
    "ledger": Ledger,
    "protocol": Protocol,
    "baseline": Description,
    "missingness": Missingness,
    "criteria": Versions,
    "scans": Scans,
    "quality": Quality,
    "response": Findings,
    "surgery": Findings,
    "adverse_events": AdverseEvents,
    "twins": Performance,
    "tipping": Tipping,
    "influence": Influence,
    "checks": Checks,
    "answers": Answers,
    "clones": ClonesOverTime,
    "truncations": Truncations,
}
"""Name to contract."""
