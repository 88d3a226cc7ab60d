#include "reports/picture/stack_set.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/holder_frames.h"
#include "libtrack/profile/label_frames.h"
#include "libtrack/profile/location_name.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "reports/picture/picture_text.h"
#include "reports/words/fit_names.h"

namespace mqtrack::reports {
namespace {

using profile::Profile;

// Gives equal functions one id, over both profiles of a comparison.
class FrameInterner {
 public:
  explicit FrameInterner(std::vector<FrameText>* frames) : frames_(frames) {}

  FrameId Intern(FrameText frame) {
    std::string key = frame.name + '\n' + frame.file + (frame.inlined ? "\ni" : "\n-") + (frame.label ? 'l' : '-');
    const auto [entry, added] = ids_.try_emplace(std::move(key), static_cast<FrameId>(frames_->size()));
    if (added) frames_->push_back(std::move(frame));
    return entry->second;
  }

 private:
  std::vector<FrameText>* frames_;
  std::unordered_map<std::string, FrameId> ids_;
};

// Expands stacks of one profile. Frames are interned once per location: a profile has far fewer of them than stack
// entries.
class StackReader {
 public:
  StackReader(const Profile& profile, const analysis::WrapperList& wrappers, FrameInterner* interner, StackSet* set)
      : profile_(profile),
        expander_(profile, wrappers, set->value_type.type),
        interner_(interner),
        set_(set),
        is_dump_(set->value_type.type == profile::kThreads && !profile::FindFact(profile, "mode")),
        ids_of_(profile.locations.size()) {}

  void Append(std::uint32_t sample_index, PairedValue value, PairedValue objects) {
    const profile::Sample& sample = profile_.samples[sample_index];
    PicturedStack stack{set_->frame_ids.size(), 0, 0, sample_index, value, objects};
    expander_.Expand(sample.locations, expanded_);
    ids_.clear();
    for (const profile::LocationId location : sample.locations) {
      const std::vector<FrameId>& ids = IdsOf(location);
      ids_.insert(ids_.end(), ids.begin(), ids.end());
    }
    if (expanded_.empty()) {
      set_->frame_ids.push_back(interner_->Intern({.name = "(no stack)"}));
      set_->lines.push_back(0);
    } else {
      stack.tail = is_dump_ || set_->is_of_holders ? 0 : static_cast<std::uint32_t>(analysis::CulpritIndex(expanded_));
    }
    for (std::size_t i = expanded_.size(); i-- > 0;) {
      set_->frame_ids.push_back(ids_[i]);
      set_->lines.push_back(expanded_[i].line);
    }
    stack.length = static_cast<std::uint32_t>(set_->frame_ids.size() - stack.begin);
    set_->stacks.push_back(stack);
  }

 private:
  // What colours a frame of a reference profile.
  static std::string RoleOf(const profile::Function& function) {
    const std::string_view owner = profile::OwnerKindOf(function);
    if (!owner.empty()) return CleanText(owner);
    return function.system_name == profile::kHolderMark ? "objects" : "makers";
  }

  // Parallel to the frames of the location.
  const std::vector<FrameId>& IdsOf(profile::LocationId id) {
    std::vector<FrameId>& ids = ids_of_[Index(id)];
    if (!ids.empty()) return ids;
    const std::string module = CleanText(analysis::ModuleName(profile_, id));
    for (const analysis::Frame& frame : expander_.FramesOf(id)) {
      FrameText text;
      text.module = module;
      text.inlined = frame.inlined;
      text.wrapper = frame.wrapper;
      text.label = frame.label;
      if (frame.label) {
        text.name = CleanText(profile::LabelFrameName(*frame.function));
      } else if (frame.function != nullptr && !frame.function->name.empty()) {
        text.name = CleanText(MarkedName(frame.function->name));
        text.file = CleanText(support::BaseName(frame.function->filename));
        if (set_->is_of_holders) text.module = RoleOf(*frame.function);
      } else {
        text.name = CleanText(profile::UnsymbolizedName(profile_, profile_.location(id)));
      }
      ids.push_back(interner_->Intern(std::move(text)));
    }
    return ids;
  }

  const Profile& profile_;
  const analysis::StackExpander expander_;
  FrameInterner* interner_;
  StackSet* set_;
  const bool is_dump_;  // of what threads are doing: where a thread stands is the point, whatever its function is
  std::vector<std::vector<FrameId>> ids_of_;  // by location; empty until it is met
  std::vector<analysis::Frame> expanded_;     // reused for every stack
  std::vector<FrameId> ids_;
};

void CollectSide(const Profile& profile, const analysis::WrapperList& wrappers, std::size_t type, bool is_base,
                 FrameInterner* interner, StackSet* set) {
  StackReader reader(profile, wrappers, interner, set);
  const std::optional<std::size_t> objects_type = profile::FindObjectsType(profile, type);
  set->has_objects = set->has_objects || objects_type.has_value();
  for (std::uint32_t i = 0; i < profile.samples.size(); ++i) {
    const std::vector<std::int64_t>& values = profile.samples[i].values;
    const std::int64_t value = values[type], objects = objects_type ? values[*objects_type] : 0;
    if (value == 0 && objects == 0) continue;
    if (value < 0) set->is_diff = true;
    const PairedValue paired = is_base ? PairedValue{value, 0} : PairedValue{0, value};
    const PairedValue paired_objects = is_base ? PairedValue{objects, 0} : PairedValue{0, objects};
    reader.Append(i, paired, paired_objects);
    set->total += paired;
    set->objects_total += paired_objects;
  }
}

}  // namespace

support::Result<StackSet> CollectStacks(const Profile& profile, const Profile* base,
                                        const analysis::WrapperList& wrappers, const std::string& sample_type) {
  const support::Result<std::size_t> type = profile::FindSampleType(profile, sample_type);
  if (!type) return type.error();
  StackSet set;
  set.value_type = profile.sample_types[*type];
  set.has_base = set.is_diff = base != nullptr;
  set.is_of_holders = profile::IsOfHolders(profile);
  FrameInterner interner(&set.frames);
  CollectSide(profile, wrappers, *type, false, &interner, &set);
  if (base != nullptr) {
    const support::Result<std::size_t> base_type = profile::FindSampleType(*base, set.value_type.type);
    if (!base_type) {
      support::Error error = base_type.error();
      error.where = "the base";
      return error;
    }
    CollectSide(*base, wrappers, *base_type, true, &interner, &set);
  }
  return set;
}

}  // namespace mqtrack::reports
