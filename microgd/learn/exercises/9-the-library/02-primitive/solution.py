import microgd
from microgd import Value


@microgd.primitive(
    lambda x, width, out: -2.0 * x / width**2 * out,
    lambda x, width, out: 2.0 * x**2 / width**3 * out,
)
def bell(x, width):
    return microgd.exp(-((x / width) ** 2))
