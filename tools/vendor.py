"""Copies the browser files of the npm packages to ``src/gezhi/ui/vendor`` (not under version control).

Each row below is one file a page may name; pages name nothing else, so all that is served is seen here.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "gezhi" / "ui" / "vendor"

# package, path inside the package, path inside vendor/
FILES = (
    ("htmx.org", "dist/htmx.min.js", "htmx.js"),
    ("htmx-ext-sse", "dist/sse.min.js", "htmx-ext-sse.js"),
    ("idiomorph", "dist/idiomorph.min.js", "idiomorph.js"),
    ("idiomorph", "dist/idiomorph-ext.min.js", "idiomorph-ext.js"),
    ("@tabler/core", "dist/css/tabler.min.css", "tabler.css"),
    ("@tabler/core", "dist/js/tabler.min.js", "tabler.js"),
    ("@tabler/icons-webfont", "dist/tabler-icons.min.css", "icons/tabler-icons.css"),
    ("@tabler/icons-webfont", "dist/fonts/tabler-icons.woff2", "icons/fonts/tabler-icons.woff2"),
    ("maplibre-gl", "dist/maplibre-gl.mjs", "maplibre-gl.mjs"),
    ("maplibre-gl", "dist/maplibre-gl-worker.mjs", "maplibre-gl-worker.mjs"),
    ("maplibre-gl", "dist/maplibre-gl.css", "maplibre-gl.css"),
    ("echarts", "dist/echarts.esm.min.mjs", "echarts.mjs"),
    ("tom-select", "dist/js/tom-select.complete.min.js", "tom-select.js"),
    ("tom-select", "dist/css/tom-select.bootstrap5.min.css", "tom-select.css"),
    ("terra-draw", "dist/terra-draw.module.js", "terra-draw.mjs"),
    (
        "terra-draw-maplibre-gl-adapter",
        "dist/terra-draw-maplibre-gl-adapter.module.js",
        "terra-draw-maplibre-gl-adapter.mjs",
    ),
    ("axe-core", "axe.min.js", "axe.js"),
)

# A comment naming a source map the browser would ask for in vain.
SOURCE_MAP = (b"//# sourceMappingURL=", b"/*# sourceMappingURL=")


def copied(source: Path) -> bytes:
    """The bytes of *source* without the trailing remark that names a source map we do not serve."""
    content = source.read_bytes()
    for mark in SOURCE_MAP:
        at = content.rfind(mark)
        if at > len(content) - 300 > 0:
            content = content[:at]
    return content


def main() -> int:
    """Fill ``vendor/`` afresh; returns a process exit code."""
    missing = [f"{package}/{path}" for package, path, _ in FILES if not (MODULES / package / path).is_file()]
    if missing:
        print("Missing from node_modules: " + ", ".join(missing), file=sys.stderr)
        print("Run 'npm ci' in the project folder, then this again.", file=sys.stderr)
        return 1
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for package, path, name in FILES:
        target = fresh / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(copied(MODULES / package / path))
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    size = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
    print(f"{len(FILES)} browser files, {size / 1e6:.1f} MB, in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
