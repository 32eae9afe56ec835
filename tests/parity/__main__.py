"""Write docs/parity.md."""

from tests.parity.page import write

write()
