#!/usr/bin/env python3
"""What the documentation points to is there.

Relative links in every .md file lead to a file, and to a heading where they name one. Every file and
every test case that docs/conformance.md names exists, and no id stands there twice.
"""
import os
import re
import sys

# Through Bazel's links to the sources themselves: the whole tree is what is tested.
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
mistakes = []


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_code(text):
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def pages():
    for folder, folders, files in os.walk(ROOT):
        # The links that Bazel makes, and what hidden folders hold, are not documentation.
        folders[:] = [f for f in folders if not f.startswith((".", "bazel-"))]
        for name in files:
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def anchors(path):
    """Names of the headings, as web pages of repositories make them."""
    headings = re.findall(r"^#+ +(.*)$", read(path), flags=re.M)
    return {re.sub(r"[^a-z0-9 _-]", "", h.lower()).replace(" ", "-") for h in headings}


def check_links(page):
    count = 0
    for target in LINK.findall(without_code(read(page))):
        if re.match(r"[a-z]+:", target):
            continue
        count += 1
        name, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), name)) if name else page
        if not os.path.exists(os.path.join(ROOT, path)):
            mistakes.append(f"{page}: {target} leads nowhere")
        elif anchor and path.endswith(".md") and anchor not in anchors(path):
            mistakes.append(f"{page}: {target}: no such heading")
    return count


def check_case(row, target, case):
    suite, name = case.split(".")
    source = f"tests/{target}.cc"
    if not os.path.exists(os.path.join(ROOT, source)):
        mistakes.append(f"docs/conformance.md: {row}: there is no {source}")
    elif not re.search(rf"TEST(_F|_P)?\(\s*{suite},\s*{name}\)", read(source)):
        mistakes.append(f"docs/conformance.md: {row}: {source} has no {case}")


def check_conformance():
    seen = set()
    cases = 0
    for line in read("docs/conformance.md").splitlines():
        row = re.match(r"\| ([A-Z0-9]{2}-\d\d) \| .* \| (.*) \| (.*) \| .* \|$", line)
        if not row:
            continue
        name, code, tests = row.groups()
        if name in seen:
            mistakes.append(f"docs/conformance.md: {name} stands there twice")
        seen.add(name)
        for path in re.findall(r"`([^`]+)`", code):
            if not os.path.exists(os.path.join(ROOT, path)):
                mistakes.append(f"docs/conformance.md: {name}: there is no {path}")
        for target, listed in re.findall(r"`([^`]+)`([^`;]*)", tests):
            sources = [os.path.join(ROOT, f"tests/{target}{end}") for end in (".cc", ".sh")]
            if not any(map(os.path.exists, sources)):
                mistakes.append(f"docs/conformance.md: {name}: there is no test {target}")
            for case in re.findall(r"\w+\.\w+", listed):
                check_case(name, target, case)
                cases += 1
    return len(seen), cases


links = sum(check_links(page) for page in pages())
rules, cases = check_conformance()
print(f"{links} links, {rules} rules, {cases} test cases")
if min(links, rules, cases) == 0:
    mistakes.append("nothing was found to check")
for mistake in mistakes:
    print(mistake)
sys.exit(1 if mistakes else 0)
