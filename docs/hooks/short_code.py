"""Short code in a sentence stays on one line: a flag is not broken after its first dash.

In: a page's HTML. Out: the same, with a class that ``site.css`` knows on every short piece of code.
"""

import re
from typing import Any

LONGEST = 26  # characters that fit beside others on a phone
SHORT = re.compile(rf"(?<!<pre>)<code>([^<]{{1,{LONGEST}}})</code>")


def on_page_content(content: str, **_: Any) -> str:
    """Mark the short pieces of code."""
    return SHORT.sub(r'<code class="short">\1</code>', content)
