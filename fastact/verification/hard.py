"""Published hard cases of the elementary functions in float64.

At these inputs the value lies so near a float, or the middle between two, that 40 bits and more
beyond float64 are needed to round it. Every function is tried at all of them and their negatives.
"""

from __future__ import annotations

HARD: dict[str, tuple[str, ...]] = {
    # V. Lefèvre and J.-M. Muller, "Worst cases for correct rounding of the elementary functions in
    # double precision", 15th IEEE Symposium on Computer Arithmetic, 2001.
    "exp": (
        "0x1.9e9cbbfd6080bp-31", "0x1.d77fd13d27fffp-11", "0x1.6a4d1af9cc989p-8",
        "0x1.accfbe46b4ef0p-1", "0x1.aca7ae8da5a7bp0", "0x1.d6336a88077aap0",
        "0x1.42ee3c7dc4946p1", "0x1.76e7e5d7b6eacp3", "0x1.a8ead058bc6b8p3",
        "0x1.1d5c2daebe367p4", "0x1.c44ce0d716a1ap4", "-0x1.22e24fa3d5cf9p-1",
        "-0x1.dc2b5df1f7d3dp-1", "-0x1.290ea09e36479p-3", "-0x1.a2fefefd580dfp-13",
        "-0x1.ed318efb627eap-27", "-0x1.4bd46601ae1efp-31", "-0x1.1000000000242p-42",
    ),
    # The rest from the files src/binary64/NAME/NAME.wc of CORE-MATH, core-math.gitlabpages.inria.fr
    "expm1": (
        "0x1.1e3779b97f4a1p-50", "0x1.003ff801ff5aep-43", "0x1.00d9c3970a9aep-22",
        "0x1.002881d0cbecfp-12", "0x1.00967857a7bacp-7", "0x1.006652fb6febep-3",
        "0x1.03e7aea5af7fap-2", "0x1.0d0fd1d8858a6p-1", "0x1.00ada891b730cp+0",
        "0x1.011dd7222b8d2p+1", "0x1.013f89b41e477p+2", "0x1.015f22aac6d3dp+3",
        "0x1.0076d13ab9d18p+4", "0x1.01e5ceb2c761ep+5", "0x1.02e473c781d6ep+6",
    ),
    "log1p": (
        "0x1.200000000001bp-46", "0x1.120166c52de9bp-36", "0x1.0a526bad91361p-3",
        "0x1.0f4d4b8dc6fcbp-2", "0x1.10d015ab9aadep-1", "0x1.0965698ac886p+0",
        "0x1.0cad5d815d981p+2", "0x1.0b1199e497739p+3", "0x1.0bb75da8691d1p+6",
        "0x1.09d54970eb84bp+11", "0x1.08ddce0f5ccep+43",
    ),
    "tanh": (
        "0x1.0a402fcc79292p-25", "0x1.02a3ad2ef6f49p-24", "0x1.0017d47cec425p-12",
        "0x1.000b47bdb383fp-9", "0x1.002b19915b12bp-7", "0x1.004524207fad9p-3",
        "0x1.028bf1d22b07dp-2", "0x1.0481dc5df327dp-1", "0x1.01885ae3c818ap+0",
        "0x1.015cee8026857p+1", "0x1.00a0f3cf999acp+2", "0x1.097519f44243fp+3",
        "0x1.015bdb2761717p+4", "0x1.30fc1931f09c8p+4",
    ),
    "erf": (
        "0x1.037b548d9d7a6p-61", "0x1.6d5ad4307dd52p-7", "0x1.a05fedfd55534p+1",
        "0x1.ccbbfbef9b17dp+1", "0x1.ffea660e8546bp+1", "0x1.0081e17c022f8p+2",
        "0x1.2bd1d64e04943p+2", "0x1.6c4516e3c07dep+2",
    ),
    "erfc": ("0x1.c5bf891b4ef6bp-55", "0x1.c5bf891b4f12bp-55"),
}  # fmt: skip
