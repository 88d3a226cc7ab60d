#include "libtrack/heapgraph/block_kinds.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>

namespace mqtrack::heapgraph {
namespace {

constexpr std::uint64_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kSome = 64;              // blocks of a kind that are looked into
constexpr int kMostRounds = 64;                // each goes one pointer further from what is known
constexpr std::uint64_t kMostBytes = 1 << 16;  // of one block

}  // namespace

BlockKinds::BlockKinds(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                       const BlockIndex& index, DataNames& names)
    : capture_(capture), memory_(memory), index_(index), names_(names), objects_(capture, memory, names) {
  MakeKinds();
  AskObjects();
  AskVariables(graph);
  std::vector<KindId> next = CountVotes();
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i].type != TypeId::kNone) next.push_back(static_cast<KindId>(i));
  }
  for (int round = 0; round < kMostRounds && !next.empty(); ++round) {
    for (const KindId kind : next) AskMembers(kind);
    next = CountVotes();
  }
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const std::string& type = kinds_[i].type_name;
    if (!type.empty() && !type.starts_with("std::")) by_type_.try_emplace(type, static_cast<KindId>(i));
  }
}

KindId BlockKinds::SameTypeAs(KindId kind) const {
  const auto same = by_type_.find((*this)[kind].type_name);
  return same == by_type_.end() ? kind : same->second;
}

void BlockKinds::MakeKinds() {
  std::unordered_map<log::StackId, KindId> of_stack;
  std::map<std::pair<std::uint64_t, std::string>, KindId> of_place;
  kind_of_.reserve(capture_.blocks.size());
  for (std::size_t i = 0; i < capture_.blocks.size(); ++i) {
    const auto [entry, is_new] = of_stack.try_emplace(capture_.blocks[i].stack, KindId{});
    if (is_new) {
      MakerFacts maker = names_.MakerOf(capture_.blocks[i].stack);
      const auto [kind, is_new_kind] =
          of_place.try_emplace({maker.place, maker.function}, static_cast<KindId>(kinds_.size()));
      if (is_new_kind) kinds_.emplace_back().maker = std::move(maker);
      entry->second = kind->second;
    }
    kind_of_.push_back(entry->second);
    std::vector<std::uint32_t>& some = kinds_[static_cast<std::size_t>(entry->second)].some;
    if (some.size() < kSome) some.push_back(static_cast<std::uint32_t>(i));
  }
}

void BlockKinds::AskObjects() {
  for (BlockKind& kind : kinds_) {
    std::map<std::string, std::pair<std::size_t, std::uint32_t>> counts;
    for (const std::uint32_t block : kind.some) {
      if (capture_.blocks[block].bytes < kWord) continue;
      std::uint32_t module = kNoSubject;
      const std::string& name = objects_.TypeAt(capture_.blocks[block].handle, module);
      if (name.empty()) break;  // objects of one place are all of this sort
      ++counts[name].first;
      counts[name].second = module;
    }
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
    if (most == counts.end() || most->second.first * 2 <= kind.some.size()) continue;
    kind.type_name = most->first;
    kind.type = names_.TypeNamed(most->second.second, most->first);
  }
}

void BlockKinds::AskVariables(const HeapGraph& graph) {
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::unordered_map<std::uint64_t, TypeId>> of_variable;
  for (const RootEdge& root : graph.root_edges) {
    const RootRegion& region = graph.regions[root.region];
    if (region.kind != RootKind::kGlobal || region.subject == kNoSubject || root.edge.interior()) continue;
    const VariableFacts variable = names_.VariableAt(region.subject, root.address);
    if (variable.type == TypeId::kNone) continue;
    const auto [entry, is_new] = of_variable.try_emplace({region.subject, variable.start});
    if (is_new) {
      for (const PointerField& field : names_.PointersOf(variable.type)) entry->second[field.offset] = field.target;
    }
    const auto target = entry->second.find(root.address - variable.start);
    if (target == entry->second.end()) continue;
    AddVote(capture_.blocks[static_cast<std::size_t>(root.edge.target())].handle, target->second);
  }
}

void BlockKinds::AddVote(std::uint64_t pointer, TypeId target) {
  const BlockId block = index_.Find(pointer);
  if (block == BlockId::kNone) return;
  const log::LiveEntry& entry = capture_.blocks[static_cast<std::size_t>(block)];
  const std::uint64_t bytes = names_.BytesOf(target);
  const KindId kind = KindOf(block);
  if (entry.handle != pointer || bytes == 0 || bytes > entry.bytes || !(*this)[kind].type_name.empty()) return;
  votes_.push_back({kind, target, entry.bytes % bytes == 0});
}

void BlockKinds::AskMembers(KindId kind) {
  const TypeId type = (*this)[kind].type;
  const std::uint64_t size = names_.BytesOf(type);
  const std::vector<PointerField> fields = names_.PointersOf(type);
  if (size == 0 || fields.empty()) return;
  for (const std::uint32_t block : (*this)[kind].some) {
    const log::LiveEntry& entry = capture_.blocks[block];
    std::vector<std::uint64_t> words(std::min(entry.bytes, kMostBytes) / kWord);
    words.resize(memory_.Read(entry.handle, words.data(), words.size() * kWord) / kWord);
    const std::uint64_t bytes = words.size() * kWord;
    const std::uint64_t last = entry.bytes % size == 0 ? bytes : size;  // of an array of them, all
    for (std::uint64_t object = 0; object + size <= last; object += size) {
      for (const PointerField& field : fields) {
        const std::uint64_t at = object + field.offset;
        if (at % kWord == 0 && at + kWord <= bytes) AddVote(words[at / kWord], field.target);
      }
    }
  }
}

std::vector<KindId> BlockKinds::CountVotes() {
  struct Count {
    std::uint64_t votes = 0, fitting = 0;
    [[nodiscard]] std::uint64_t weight() const { return votes + 4 * fitting; }
  };
  std::map<std::pair<KindId, TypeId>, Count> counts;
  for (const Vote& vote : votes_) {
    if ((*this)[vote.kind].type != TypeId::kNone) continue;
    Count& count = counts[{vote.kind, vote.type}];
    ++count.votes;
    count.fitting += vote.fits ? 1 : 0;
  }
  votes_.clear();
  std::map<KindId, std::pair<std::uint64_t, TypeId>> best;
  for (const auto& [what, count] : counts) {
    // An object may be longer than its type says, but then a single pointer, which may be stale, does not tell.
    if (count.fitting == 0 && count.votes * 2 < (*this)[what.first].some.size()) continue;
    auto& [most, type] = best[what.first];
    if (count.weight() > most) most = count.weight(), type = what.second;
  }
  std::vector<KindId> found;
  for (const auto& [kind, what] : best) {
    BlockKind& known = kinds_[static_cast<std::size_t>(kind)];
    known.type = what.second;
    known.type_name = names_.NameOf(what.second);
    found.push_back(kind);
  }
  return found;
}

}  // namespace mqtrack::heapgraph
