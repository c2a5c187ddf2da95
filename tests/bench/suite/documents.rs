//! Skills of any size, always the same: sections, lists, tables, code fences and some findings.
//!
//! Pure, and without dependencies: the benches of the crates include this file too.

use std::fmt::Write as _;

/// Whose folders the texts mention; each is a finding.
const PEOPLE: [&str; 12] = [
    "alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory",
    "niaj",
];

/// Returns a skill of exactly `n_bytes` bytes, or a little more where that is too few for one
/// section. Its name is not quite valid, which is the finding at the top.
pub(crate) fn skill(name: &str, n_bytes: usize) -> String {
    let mut text = format!(
        "---\nname: Bench-{name}\ndescription: Keeps the tables of a data set in order. Use when \
         rows are missing, doubled or of the wrong type.\nmetadata:\n  category: \"data\"\n---\n\n\
         # Tables in order\n\n"
    );
    let mut number = 0;
    loop {
        number += 1;
        let section = section(number);
        if number > 1 && text.len() + section.len() > n_bytes {
            break;
        }
        text.push_str(&section);
    }
    let missing = n_bytes.saturating_sub(text.len() + 1);
    text.extend("and so on ".chars().cycle().take(missing));
    text.push('\n');
    text
}

/// About one and a half kilobytes; every third section mentions somebody's folder.
fn section(number: usize) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "## {number}. Load the table `part-{number}`\n\n\
         The rows of this part come from *one* file and are loaded in **one** step, so that a \
         failure leaves nothing behind. Read [the format](references/format.md) first; the \
         columns are described [further down](#columns-{number}) — naïve readers break on the \
         names with umlauts (`Größe`, `表`).\n\n\
         - Count the rows before and after: they must not differ by more than {number}.\n\
         - Look for doubled keys with `sort | uniq -d`.\n  - Keys are case sensitive.\n\
         - Leave the original where it is.\n\n\
         1. Unpack the archive.\n2. Load it with the script below.\n3. Compare the counts.\n\n\
         ```bash\nset -euo pipefail\n\
         curl --fail --silent \"https://example.com/data/part-{number}.csv.gz\" | gunzip > part.csv\n\
         wc -l part.csv\n"
    );
    if number % 3 == 1
        && let Some(person) = PEOPLE.get(number / 3 % PEOPLE.len())
    {
        let _ = writeln!(text, "cp part.csv /home/{person}/data/part-{number}.csv");
    }
    let _ = write!(
        text,
        "```\n\nNote: the script may be run again at any time\n\n\
         ### Columns {number}\n\n\
         | column | type | meaning |\n|---|---|---|\n\
         | `id` | integer | the key; never empty |\n\
         | `size` | float | in bytes, {number} at least |\n\
         | `name` | text | as the owner wrote it |\n\n\
         ```python\nimport csv\n\n\
         with open(\"part.csv\", newline=\"\") as file:\n    rows = list(csv.DictReader(file))\n\
         assert len({{row[\"id\"] for row in rows}}) == len(rows), \"doubled keys\"\n```\n\n\
         > If a count is off, stop and say so; never repair a table by hand.\n\n"
    );
    text
}
