//! Names of skills.

/// The number of characters that a skill's name may have.
pub const MAXIMUM_NAME_LENGTH: usize = 64;

/// Returns a skill name made from any text: lower-case letters, digits and single hyphens, at
/// most [`MAXIMUM_NAME_LENGTH`] characters.
///
/// Latin letters lose their accents; what has no counterpart becomes a hyphen. The result is
/// empty if nothing is left.
pub fn slugify(text: &str) -> String {
    let mut slug = String::new();
    let mut previous_is_lower = false;
    for character in text.trim().chars() {
        // A name in camel case has its word boundaries where a capital follows a small letter.
        if character.is_ascii_uppercase() && previous_is_lower {
            slug.push('-');
        }
        previous_is_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        if character == '\'' || character == '’' {
            continue;
        }
        let plain = plain_letters(character);
        if plain.is_empty() {
            if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        } else {
            slug.push_str(&plain);
        }
    }
    let mut end = slug.len().min(MAXIMUM_NAME_LENGTH);
    if end < slug.len()
        && !slug[end..].starts_with('-')
        && let Some(word_start) = slug[..end].rfind('-').filter(|&at| at > MAXIMUM_NAME_LENGTH / 2)
    {
        end = word_start;
    }
    slug.truncate(end);
    slug.trim_matches('-').to_owned()
}

fn plain_letters(character: char) -> String {
    let lower: String = character.to_lowercase().collect();
    let plain = match lower.chars().next().unwrap_or(' ') {
        'a'..='z' | '0'..='9' => {
            return lower.chars().filter(char::is_ascii_alphanumeric).collect();
        }
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' => "o",
        'ö' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{MAXIMUM_NAME_LENGTH, slugify};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(slugify(text), expected);
    }

    #[test]
    fn words_are_joined_by_single_hyphens() {
        check("Count CSV rows", "count-csv-rows");
        check("  --PDF_processing -- v2.1!  ", "pdf-processing-v2-1");
        check("don't panic", "dont-panic");
    }

    #[test]
    fn camel_case_is_split() {
        check("makeItSo", "make-it-so");
        check("PDFTools", "pdftools");
    }

    #[test]
    fn letters_with_accents_become_plain_ones() {
        check("Größe ändern – éclair", "groesse-aendern-eclair");
    }

    #[test]
    fn nothing_is_left_of_other_scripts_and_symbols() {
        check("数える", "");
        check("🦀 !!", "");
    }

    #[test]
    fn long_names_end_at_a_word() {
        let slug = slugify(&"several words ".repeat(10));
        assert!(slug.len() <= MAXIMUM_NAME_LENGTH);
        assert!(slug.ends_with("words") || slug.ends_with("several"), "{slug}");
        assert_eq!(slugify(&"x".repeat(100)).len(), MAXIMUM_NAME_LENGTH);
    }
}
