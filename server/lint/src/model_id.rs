//! Ids of models in a repository of models: `organization/model`.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{SkillFile, advice::is_advised_against, lines::nearby_before, pattern::pattern};

/// More different ids than that are a choice, not a decision.
const MAXIMUM_IDS: usize = 2;

/// Organizations that publish models.
const PUBLISHERS: [&str; 40] = [
    "allenai",
    "alibaba-nlp",
    "baai",
    "bartowski",
    "bigcode",
    "black-forest-labs",
    "codellama",
    "cohereforai",
    "deepseek-ai",
    "eleutherai",
    "facebook",
    "ggml-org",
    "google",
    "ibm-granite",
    "intfloat",
    "jinaai",
    "lmstudio-community",
    "meta-llama",
    "microsoft",
    "mistralai",
    "mixedbread-ai",
    "mlx-community",
    "moonshotai",
    "nomic-ai",
    "nousresearch",
    "nvidia",
    "openai-community",
    "openbmb",
    "qwen",
    "salesforce",
    "sentence-transformers",
    "stabilityai",
    "teknium",
    "thebloke",
    "thudm",
    "tiiuae",
    "togethercomputer",
    "unsloth",
    "xenova",
    "zai-org",
];

/// What the names of open models start with.
const FAMILIES: [&str; 30] = [
    "bert",
    "bge",
    "bloom",
    "codellama",
    "deepseek",
    "devstral",
    "e5",
    "falcon",
    "flux",
    "gemma",
    "glm",
    "gpt-oss",
    "granite",
    "gte",
    "kimi",
    "llama",
    "meta-llama",
    "minilm",
    "mistral",
    "mixtral",
    "multilingual-e5",
    "nemotron",
    "nomic-embed",
    "phi",
    "qwen",
    "roberta",
    "smollm",
    "stable-diffusion",
    "starcoder",
    "whisper",
];

/// How a model's variant is called at the end of its name.
const VARIANTS: [&str; 8] = ["awq", "chat", "gguf", "gptq", "hf", "instruct", "it", "fp8"];

/// Ends of files.
const FILE_ENDS: [&str; 12] = [
    ".bin", ".gguf", ".ipynb", ".json", ".jsonl", ".md", ".py", ".sh", ".toml", ".txt", ".yaml",
    ".yml",
];

/// Skills that are about models and the libraries for them: an id is their example.
static MODELS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:llms?|vlms?|models?|transformers?|fine-?tun\w*|tokeni[sz]\w+|inference|quanti[sz]\w+|",
        r"diffusion|hugging ?face|rag|retrieval-augmented|neural|deep learning|machine learning|pytorch|",
        r"lora|rlhf|grpo|dpo|pre-?train\w*|distill\w*|speech|transcri\w+|text-to-\w+|multimodal|attention|",
        r"interpretab\w+|guardrails|gguf|vllm|sglang|ollama)\b",
    ))
});

/// Skills about machines to rent, on which models are only one thing that may run.
static CLOUDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:serverless|multi-?cloud|cloud (?:computing|platform|gpus?))\b")
});

/// Words on the line that make the id one of many or no model.
static NOT_FIXED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\bdefaults?\b|:-$|getenv|environ|\be\.\s?g\.|\bfor (?:example|instance)\b|\bsuch as\b|",
        r"\bdata_?sets?\b|load_dataset|\bgit clone\b|\bgh\b|\bdocker\b|\bimage\b|\brepos?(?:itory)?\b",
    ))
});

/// Returns the places of models that `file` is not about, in the order of the text.
pub(crate) fn incidental_models(file: &SkillFile<'_>) -> Vec<Span> {
    let text = file.text();
    let slashes = text.match_indices('/').map(|(at, _)| at);
    let all: Vec<Span> = slashes.filter_map(|at| model_around(text, at)).collect();
    let mut ids: Vec<&str> = all.iter().map(|span| span.of(text)).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() || ids.len() > MAXIMUM_IDS || is_about_models(file) {
        return Vec::new();
    }
    ids.retain(|id| !is_family_of(file, id));
    let spans = all.into_iter().filter(|span| ids.contains(&span.of(text)));
    spans.filter(|span| is_fixed(file, *span)).collect()
}

/// The longest part of an id, in bytes.
const MAXIMUM_PART: usize = 80;

fn model_around(text: &str, slash: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let before = bytes.get(..slash)?.iter().rev().take(MAXIMUM_PART);
    let behind = bytes.get(slash + 1..)?.iter().take(MAXIMUM_PART);
    let start = slash - before.take_while(|it| is_part(it)).count();
    let end = slash + 1 + behind.take_while(|it| is_part(it)).count();
    let publisher = text.get(start..slash)?.to_lowercase();
    let name = text.get(slash + 1..end)?.trim_end_matches(['.', '-', '_']);
    let end = slash + 1 + name.len();
    let in_front = text.get(..start)?.chars().next_back();
    let next = text.get(end..)?.chars().next();
    let is_longer = matches!(in_front, Some('/' | '@' | '~' | '$' | '\\' | '}' | '>'))
        || matches!(next, Some('/' | '@' | '*' | '{' | '$'))
        || has_tag(text.get(end..)?);
    let starts_with_letter =
        publisher.starts_with(|it: char| it.is_ascii_alphabetic()) && !publisher.contains('.');
    let name = name.to_lowercase();
    let is_file = FILE_ENDS.iter().any(|it| name.ends_with(it));
    let is_model = is_open_model(&name) && PUBLISHERS.contains(&publisher.as_str());
    (starts_with_letter && !is_longer && !is_file && is_model).then_some(Span::new(start, end))
}

/// Tells whether what follows a name is the tag of a container's image.
fn has_tag(behind: &str) -> bool {
    let mut behind = behind.chars();
    behind.next() == Some(':') && behind.next().is_some_and(char::is_alphanumeric)
}

/// Tells whether a name is one of a model that can be downloaded, by its size, variant or family.
fn is_open_model(name: &str) -> bool {
    let mut words = name.split(['-', '_']);
    let is_variant = words.clone().next_back().is_some_and(|it| VARIANTS.contains(&it));
    is_variant || words.any(is_size) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// `7b`, `1.5b`, `8x7b`, `300m`.
fn is_size(word: &str) -> bool {
    let Some(number) = word.strip_suffix(['b', 'm']) else { return false };
    number.starts_with(|it: char| it.is_ascii_digit())
        && number.bytes().all(|it| it.is_ascii_digit() || it == b'.' || it == b'x')
}

fn is_about_models(file: &SkillFile<'_>) -> bool {
    about(file).any(|it| MODELS.is_match(it)) && !about(file).any(|it| CLOUDS.is_match(it))
}

/// Tells whether the skill says that it is about this model's family.
fn is_family_of(file: &SkillFile<'_>, id: &str) -> bool {
    let name = id.rsplit('/').next().unwrap_or_default().to_lowercase();
    let family: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    family.len() >= 3 && about(file).any(|it| it.to_lowercase().contains(&family))
}

/// The name, the description and the title.
fn about<'a>(file: &SkillFile<'a>) -> impl Iterator<Item = &'a str> {
    let document = file.document;
    let title = document.body.headings.iter().find(|heading| heading.level == 1);
    let fields = document.name().into_iter().chain(document.description());
    fields.chain(title.map(|it| it.text.as_str()))
}

fn is_fixed(file: &SkillFile<'_>, span: Span) -> bool {
    let text = file.text();
    let before = nearby_before(text, span.start);
    let is_option = before.trim_start().starts_with('|');
    let is_field = span.start < file.document.body.span.start;
    !is_option && !is_field && !NOT_FIXED.is_match(before) && !is_advised_against(file, span)
}
