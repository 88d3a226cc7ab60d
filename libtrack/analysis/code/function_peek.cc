#include "libtrack/analysis/code/function_peek.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "libtrack/analysis/code/code_frames.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/difference.h"
#include "libtrack/profile/sample_types.h"

namespace mqtrack::analysis {
namespace {

struct Edge {
  std::int64_t value = 0;
  bool inlined = false;
  std::size_t last_sample = 0;  // number of the sample that counted last, from 1
};

/// Sums over all samples, for the functions that match.
class Sums {
 public:
  Sums(const CodeFrames& frames, const FunctionPattern& pattern)
      : frames_(frames), wanted_(frames.places().size()), of_(frames.places().size()) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) wanted_[i] = pattern.Matches(frames.places()[i].function);
  }

  void Add(const profile::Sample& sample, std::int64_t value) {
    ++sample_;
    bool is_leaf = true, callee_inlined = false;
    std::uint32_t callee = 0;
    for (const profile::LocationId location : sample.locations) {
      for (const CodeFrames::Frame& frame : frames_.FramesOf(location)) {
        AddFunction(frame.place, value, is_leaf);
        if (!is_leaf && frame.place != callee) AddEdge(frame.place, callee, value, callee_inlined);
        callee = frame.place;
        callee_inlined = frame.inlined;
        is_leaf = false;
      }
    }
  }

  [[nodiscard]] std::vector<PeekedFunction> Functions() const {
    std::vector<PeekedFunction> functions;
    std::vector<std::size_t> number(wanted_.size());
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!wanted_[i] || of_[i].last_sample == 0) continue;
      const CodePlace& place = frames_.places()[i];
      number[i] = functions.size() + 1;
      functions.push_back({place.function, place.file, place.module, of_[i].flat, of_[i].cum, {}, {}});
    }
    for (const auto& [pair, edge] : edges_) {
      const auto caller = static_cast<std::uint32_t>(pair >> 32), callee = static_cast<std::uint32_t>(pair);
      const auto named = [&, &inner = edge](std::uint32_t place) {
        return Neighbour{frames_.places()[place].function, inner.value, inner.inlined};
      };
      if (number[caller] != 0) functions[number[caller] - 1].callees.push_back(named(callee));
      if (number[callee] != 0) functions[number[callee] - 1].callers.push_back(named(caller));
    }
    return functions;
  }

 private:
  struct FunctionSum {
    std::int64_t flat = 0, cum = 0;
    std::size_t last_sample = 0;
  };

  void AddFunction(std::uint32_t place, std::int64_t value, bool is_leaf) {
    FunctionSum& sum = of_[place];
    if (is_leaf) sum.flat = Sum(sum.flat, value);
    if (sum.last_sample == sample_) return;
    sum.last_sample = sample_;
    sum.cum = Sum(sum.cum, value);
  }

  void AddEdge(std::uint32_t caller, std::uint32_t callee, std::int64_t value, bool inlined) {
    if (!wanted_[caller] && !wanted_[callee]) return;
    Edge& edge = edges_[std::uint64_t{caller} << 32 | callee];
    edge.inlined = edge.inlined || inlined;
    if (edge.last_sample == sample_) return;
    edge.last_sample = sample_;
    edge.value = Sum(edge.value, value);
  }

  const CodeFrames& frames_;
  std::vector<bool> wanted_;
  std::vector<FunctionSum> of_;
  std::unordered_map<std::uint64_t, Edge> edges_;
  std::size_t sample_ = 0;
};

void SortNeighbours(std::vector<Neighbour>& neighbours) {
  std::erase_if(neighbours, [](const Neighbour& neighbour) { return neighbour.value == 0; });
  std::sort(neighbours.begin(), neighbours.end(), [](const Neighbour& a, const Neighbour& b) {
    const std::int64_t of_a = profile::Magnitude(a.value), of_b = profile::Magnitude(b.value);
    return of_a != of_b ? of_a > of_b : a.function < b.function;
  });
}

}  // namespace

support::Result<FunctionPeek> PeekFunctions(const profile::Profile& profile, const FunctionPattern& pattern,
                                            const std::string& sample_type) {
  const support::Result<std::size_t> type = profile::FindSampleType(profile, sample_type);
  if (!type) return type.error();
  const CodeFrames frames(profile, [](const CodePlace& place) { return place.function; });
  Sums sums(frames, pattern);
  for (const profile::Sample& sample : profile.samples) {
    if (sample.values[type.value()] != 0) sums.Add(sample, sample.values[type.value()]);
  }
  FunctionPeek peek;
  peek.value_type = profile.sample_types[type.value()];
  peek.total = profile::Total(profile, type.value());
  peek.different_functions = frames.places().size();
  peek.side = DescribeSide(profile);
  peek.functions = sums.Functions();
  for (PeekedFunction& function : peek.functions) {
    SortNeighbours(function.callers);
    SortNeighbours(function.callees);
  }
  std::sort(peek.functions.begin(), peek.functions.end(), [](const PeekedFunction& a, const PeekedFunction& b) {
    const std::int64_t of_a = profile::Magnitude(a.cum), of_b = profile::Magnitude(b.cum);
    return of_a != of_b ? of_a > of_b : a.function < b.function;
  });
  return peek;
}

}  // namespace mqtrack::analysis
