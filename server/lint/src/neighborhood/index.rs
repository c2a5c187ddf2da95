//! All skills of a workspace, as far as they matter to each other.
//!
//! A change of one skill is worked in alone and names the others that it touches: only those have
//! to be checked again. Whoever fills the index reads the files; it does not.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::neighborhood::{
    Acceptance, Enclosing, FolderListing, Neighborhood, SimilarSkill, SkillDigest,
    similarity::{NEARLY_EQUAL, SIMILAR, SimilarityIndex},
    spelling::Spelling,
};

/// The most similar skills that one skill is told of.
const MAXIMUM_SIMILAR: usize = 5;

/// The skills of a workspace, by the paths of their `SKILL.md` files: absolute, with `/` between
/// the parts, links resolved.
#[derive(Debug, Default)]
pub struct SkillIndex {
    skills: BTreeMap<Arc<str>, IndexedSkill>,
    paths: HashMap<u32, Arc<str>>,
    by_name: HashMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Paths of skills, by the names of their folders.
    by_folder: HashMap<Arc<str>, BTreeSet<Arc<str>>>,
    similarity: SimilarityIndex,
    /// Existing names.
    names: Spelling,
    /// Paths of skills, by the names that they refer to.
    referrers: Spelling,
    next_id: u32,
}

#[derive(Debug)]
struct IndexedSkill {
    id: u32,
    digest: SkillDigest,
    folder: Option<Arc<FolderListing>>,
    /// How alike the similar ones are, from 0 to 1; kept on both sides.
    similar: BTreeMap<u32, f64>,
    misspelled: BTreeMap<Arc<str>, Arc<str>>,
}

impl SkillIndex {
    /// Takes a skill's new text in, or a new skill, and returns the paths of all skills whose
    /// neighborhood is another one now; empty if the text is the known one.
    pub fn update(&mut self, path: &str, digest: SkillDigest) -> BTreeSet<Arc<str>> {
        let before = self.skills.get(path);
        if before.is_some_and(|before| before.digest == digest) {
            return BTreeSet::new();
        }
        let has_same_name = before.is_some_and(|before| before.digest.name == digest.name);
        let mut touched = BTreeSet::new();
        let path: Arc<str> = path.into();
        let id = before.map_or(self.next_id, |before| before.id);
        self.next_id = self.next_id.max(id.saturating_add(1));
        let folder = before.and_then(|before| before.folder.clone());
        let old = self.skills.remove(&path);
        if let Some(old) = &old {
            self.similarity.remove(id, &old.digest.sketch);
            for name in &old.digest.references {
                self.referrers.remove(name, &path);
            }
            // Others that have this name may be its namesakes still, or be it no more.
            touched.extend(self.with_name(&old.digest.name));
        } else {
            self.paths.insert(id, Arc::clone(&path));
            self.by_folder.entry(folder_name(&path).into()).or_default().insert(Arc::clone(&path));
            touched.extend(self.below(&path));
        }
        touched.extend(self.with_name(&digest.name));
        if !has_same_name {
            touched.extend(self.in_folders(&digest.name));
        }
        let similar = self.similar_to(&path, &digest);
        self.tell_similar(id, old.as_ref().map(|old| &old.similar), &similar, &mut touched);
        self.similarity.insert(id, &digest.sketch);
        for name in &digest.references {
            self.referrers.insert(name, &path);
        }
        let name = Arc::clone(&digest.name);
        let skill = IndexedSkill { id, digest, folder, similar, misspelled: BTreeMap::new() };
        self.skills.insert(Arc::clone(&path), skill);
        if !has_same_name {
            if let Some(old) = &old {
                self.forget_name(&old.digest.name, &path, &mut touched);
            }
            let with_name = self.by_name.entry(Arc::clone(&name)).or_default();
            with_name.insert(Arc::clone(&path));
            if with_name.len() == 1 {
                self.names.insert(&name, &name);
                self.check_referrers(&name, &mut touched);
            }
        }
        self.check_references(&path);
        touched.insert(path);
        touched
    }

    /// Takes a skill out, and returns the paths of the skills that this touches.
    pub fn remove(&mut self, path: &str) -> BTreeSet<Arc<str>> {
        let mut touched = BTreeSet::new();
        let Some((path, old)) = self.skills.remove_entry(path) else { return touched };
        self.similarity.remove(old.id, &old.digest.sketch);
        for name in &old.digest.references {
            self.referrers.remove(name, &path);
        }
        self.paths.remove(&old.id);
        if let Some(paths) = self.by_folder.get_mut(folder_name(&path)) {
            paths.remove(&path);
            if paths.is_empty() {
                self.by_folder.remove(folder_name(&path));
            }
        }
        self.tell_similar(old.id, Some(&old.similar), &BTreeMap::new(), &mut touched);
        touched.extend(self.with_name(&old.digest.name));
        touched.extend(self.below(&path));
        self.forget_name(&old.digest.name, &path, &mut touched);
        touched.remove(&path);
        touched
    }

    /// Takes in what is in a skill's folder (`None`: not known), and returns the paths of the
    /// skills that this touches: the skill itself and those whose folders lie in it.
    pub fn set_folder(
        &mut self,
        path: &str,
        folder: Option<Arc<FolderListing>>,
    ) -> BTreeSet<Arc<str>> {
        let Some(skill) = self.skills.get_mut(path).filter(|skill| skill.folder != folder) else {
            return BTreeSet::new();
        };
        skill.folder = folder;
        let mut touched: BTreeSet<Arc<str>> = self.below(path).collect();
        touched.insert(path.into());
        touched
    }

    /// Tells whether there is a skill at a path.
    pub fn contains(&self, path: &str) -> bool {
        self.skills.contains_key(path)
    }

    /// Returns the paths of all skills, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.skills.keys()
    }

    /// Returns all skills as path and name, sorted by path.
    pub fn names(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.skills.iter().map(|(path, skill)| (path, &skill.digest.name))
    }

    /// Returns the skills whose folders were listed, sorted by path, each with what is in there.
    pub fn folders(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<FolderListing>)> {
        self.skills.iter().filter_map(|(path, skill)| Some((path, skill.folder.as_ref()?)))
    }

    /// Returns what is equal for equal texts of the skill at a path.
    pub fn text_hash(&self, path: &str) -> Option<u64> {
        self.skills.get(path).map(|skill| skill.digest.text_hash)
    }

    /// Returns the skill at a path, and those below it if it is a folder.
    pub fn at_or_below(&self, path: &str) -> Vec<Arc<str>> {
        let below = format!("{path}/");
        let from: Arc<str> = below.as_str().into();
        let behind = self.skills.range(from..).map(|(path, _)| path);
        let at = self.skills.get_key_value(path).map(|(path, _)| path);
        at.into_iter().chain(behind.take_while(|it| it.starts_with(&below))).cloned().collect()
    }

    /// Returns the skills in whose folders a file at this path lies, or would lie.
    pub fn around(&self, path: &str) -> impl Iterator<Item = &Arc<str>> {
        let mut folder = path;
        std::iter::from_fn(move || {
            (folder, _) = folder.rsplit_once('/')?;
            Some(format!("{folder}/SKILL.md"))
        })
        .filter_map(|skill| self.skills.get_key_value(skill.as_str()).map(|(path, _)| path))
    }

    /// Returns the surroundings of the skill at a path, without what the acceptance records say;
    /// `None` if there is no such skill.
    pub fn neighborhood(&self, path: &str) -> Option<Neighborhood> {
        let skill = self.skills.get(path)?;
        let path_of_skill = self.skills.get_key_value(path).map(|(path, _)| Arc::clone(path));
        Some(Neighborhood {
            path: path_of_skill.unwrap_or_default(),
            folder: skill.folder.clone(),
            enclosing: self.enclosing(path),
            namesakes: self.namesakes(path, skill),
            is_folder_name_taken: self.with_name(folder_name(path)).any(|other| &*other != path),
            similar: self.similar_skills(skill),
            misspelled_skills: skill.misspelled.clone(),
            acceptance: Acceptance::Unknown,
        })
    }

    fn enclosing(&self, path: &str) -> Option<Enclosing> {
        let folder = folder_of(path);
        let mut outer = folder;
        let mut found = None;
        // The outermost one: what lies in it is installed together.
        while let Some((parent, _)) = outer.rsplit_once('/') {
            outer = parent;
            if let Some(skill) = self.skills.get(format!("{parent}/SKILL.md").as_str()) {
                let prefix = folder.get(parent.len() + 1..).unwrap_or_default();
                let prefix = format!("{prefix}/");
                found = Some(Enclosing { prefix, folder: skill.folder.clone() });
            }
        }
        found
    }

    /// Of skills that lie in another skill, and of copies to the letter, nobody is in doubt.
    fn namesakes(&self, path: &str, skill: &IndexedSkill) -> Vec<Arc<str>> {
        let Some(root) = &skill.digest.root else { return Vec::new() };
        let others = self.with_name(&skill.digest.name).filter(|other| &**other != path);
        let loaded_together = others.filter(|path| {
            self.skills.get(path).is_some_and(|other| {
                other.digest.text_hash != skill.digest.text_hash
                    && other.digest.root.as_ref().is_some_and(|it| root.is_loaded_with(it))
            })
        });
        let mut namesakes: Vec<_> =
            loaded_together.filter(|other| self.enclosing(other).is_none()).collect();
        if !namesakes.is_empty() && self.enclosing(path).is_some() {
            namesakes.clear();
        }
        namesakes
    }

    fn similar_skills(&self, skill: &IndexedSkill) -> Vec<SimilarSkill> {
        let mut similar: Vec<(f64, SimilarSkill)> = skill
            .similar
            .iter()
            .filter_map(|(id, similarity)| {
                let path = self.paths.get(id)?;
                let name = Arc::clone(&self.skills.get(path)?.digest.name);
                let is_nearly_equal = *similarity >= NEARLY_EQUAL;
                Some((*similarity, SimilarSkill { name, path: Arc::clone(path), is_nearly_equal }))
            })
            .collect();
        similar.sort_by(|(a, left), (b, right)| b.total_cmp(a).then(left.path.cmp(&right.path)));
        similar.truncate(MAXIMUM_SIMILAR);
        similar.into_iter().map(|(_, it)| it).collect()
    }

    /// Copies under one name are mirrors for several clients, and no news.
    fn similar_to(&self, path: &str, digest: &SkillDigest) -> BTreeMap<u32, f64> {
        let own_folder_name = folder_name(path);
        let candidates = self.similarity.candidates(&digest.sketch).into_iter();
        candidates
            .filter_map(|id| {
                let path = self.paths.get(&id)?;
                let other = self.skills.get(path)?;
                if other.digest.name == digest.name || folder_name(path) == own_folder_name {
                    return None;
                }
                let similarity = digest.sketch.similarity(&other.digest.sketch);
                (similarity >= SIMILAR).then_some((id, similarity))
            })
            .collect()
    }

    /// Notes on the other side what changed; who hears nothing new is not touched.
    fn tell_similar(
        &mut self,
        id: u32,
        before: Option<&BTreeMap<u32, f64>>,
        now: &BTreeMap<u32, f64>,
        touched: &mut BTreeSet<Arc<str>>,
    ) {
        let others: BTreeSet<u32> =
            before.into_iter().flat_map(BTreeMap::keys).chain(now.keys()).copied().collect();
        for other in others {
            let Some(path) = self.paths.get(&other) else { continue };
            let Some(skill) = self.skills.get_mut(path) else { continue };
            let known = match now.get(&other) {
                Some(similarity) => skill.similar.insert(id, *similarity),
                None => skill.similar.remove(&id),
            };
            let is_nearly_equal = |it: &f64| *it >= NEARLY_EQUAL;
            if known.as_ref().map(is_nearly_equal) != now.get(&other).map(is_nearly_equal) {
                touched.insert(Arc::clone(path));
            }
        }
    }

    fn with_name(&self, name: &str) -> impl Iterator<Item = Arc<str>> {
        self.by_name.get(name).into_iter().flatten().cloned()
    }

    /// The skills whose folders are called so.
    fn in_folders(&self, name: &str) -> impl Iterator<Item = Arc<str>> {
        self.by_folder.get(name).into_iter().flatten().cloned()
    }

    /// The skills whose folders lie in that of the skill at a path.
    fn below(&self, path: &str) -> impl Iterator<Item = Arc<str>> {
        let folder = format!("{}/", folder_of(path));
        let from: Arc<str> = folder.as_str().into();
        let behind = self.skills.range(from..).map(|(path, _)| path);
        let below = behind.take_while(move |path| path.starts_with(&folder));
        below.filter(move |it| ***it != *path).cloned().collect::<Vec<_>>().into_iter()
    }

    fn forget_name(&mut self, name: &Arc<str>, path: &str, touched: &mut BTreeSet<Arc<str>>) {
        touched.extend(self.in_folders(name));
        let Some(paths) = self.by_name.get_mut(name) else { return };
        paths.remove(path);
        if paths.is_empty() {
            self.by_name.remove(name);
            self.names.remove(name, name);
            self.check_referrers(name, touched);
        }
    }

    /// Works out again what those refer to who may mean a name that came or went.
    fn check_referrers(&mut self, name: &str, touched: &mut BTreeSet<Arc<str>>) {
        let named = self.referrers.named(name).into_iter();
        let referrers: BTreeSet<Arc<str>> =
            named.chain(self.referrers.near(name)).cloned().collect();
        for path in referrers {
            if self.check_references(&path) {
                touched.insert(path);
            }
        }
    }

    /// Works out which of a skill's references are misspelled; tells whether that changed.
    fn check_references(&mut self, path: &str) -> bool {
        let Some(skill) = self.skills.get_mut(path) else { return false };
        let references = skill.digest.references.iter();
        let unknown = references.filter(|name| !self.by_name.contains_key(*name));
        let misspelled: BTreeMap<Arc<str>, Arc<str>> = unknown
            .filter_map(|name| {
                let nearest = *self.names.near(name).first()?;
                Some((Arc::clone(name), Arc::clone(nearest)))
            })
            .collect();
        let is_news = skill.misspelled != misspelled;
        skill.misspelled = misspelled;
        is_news
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn folder_name(path: &str) -> &str {
    folder_of(path).rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
