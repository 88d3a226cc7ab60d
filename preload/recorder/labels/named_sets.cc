#include "preload/recorder/labels/named_sets.h"

#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kProbes = 8;

/// All that a set depends on, in one word that is never 0.
std::uint64_t KeyOf(log::LabelsId base, log::LabelKey key, std::uint16_t name) {
  return std::uint64_t{1} << 63 | static_cast<std::uint64_t>(key) << 48 | static_cast<std::uint64_t>(base) << 16 | name;
}

}  // namespace

bool NamedSets::Find(std::uint64_t key, log::LabelsId& labels) const {
  const std::uint64_t first = log::Mix(key);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    const Entry& entry = entries_[(first + probe) % kEntries];
    const std::uint64_t check = LoadAcquire(entry.check), value = LoadRelaxed(entry.labels);
    if (check == 0) return false;
    if ((check ^ log::Mix(value)) != key) continue;
    labels = static_cast<log::LabelsId>(value);
    return true;
  }
  return false;
}

void NamedSets::Remember(std::uint64_t key, log::LabelsId labels) {
  const std::uint64_t first = log::Mix(key);
  const auto value = static_cast<std::uint64_t>(labels);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    Entry& entry = entries_[(first + probe) % kEntries];
    if (LoadRelaxed(entry.check) != 0) continue;
    StoreRelaxed(entry.labels, value);
    StoreRelease(entry.check, key ^ log::Mix(value));
    return;
  }
}

log::LabelsId NamedSets::With(LabelTable& labels, log::LabelsId base, log::LabelKey key, const BoundedNames& names,
                              std::uint16_t name) {
  log::LabelsId found{};
  std::uint64_t what = KeyOf(base, key, name);
  if (Find(what, found)) return found;
  if (name != BoundedNames::kNone && LoadRelaxed(made_) >= kMost) {
    name = BoundedNames::kOther;
    what = KeyOf(base, key, name);
    if (Find(what, found)) return found;
    if (LoadRelaxed(made_other_) >= kMostOther) return base;
    AddRelaxed(made_other_, 1u);
  } else if (name != BoundedNames::kNone) {
    AddRelaxed(made_, 1u);
  }
  Label label = {key, nullptr, 0};
  if (name != BoundedNames::kNone) {
    const BoundedNames::Text text = names.TextOf(name);
    label.value = text.data;
    label.bytes = text.bytes;
  }
  const log::LabelsId fresh = labels.Intern(base, &label, 1);
  // No room for another set; without the label there may be none at all.
  if (fresh == log::LabelsId::kNone && name != BoundedNames::kNone) return base;
  Remember(what, fresh);
  return fresh;
}

void NamedSets::RepairAfterFork(const LabelTable& labels) {
  if (made_ == 0) return;
  for (Entry& entry : entries_) {
    // An entry in the middle of a chain must not become free: what lies behind it would be lost. It never matches.
    if (entry.check != 0 && !labels.Has(static_cast<log::LabelsId>(entry.labels))) entry = {~std::uint64_t{0}, 0};
  }
}

}  // namespace mqtrack::recorder
