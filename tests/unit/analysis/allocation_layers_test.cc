#include "libtrack/analysis/culprit/allocation_layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/analysis/culprit/wrapper_list.h"

namespace mqtrack::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A heap, stack by stack. Functions of one name are one, and have one place in the code.
class Heap {
 public:
  Heap() {
    profile_.sample_types = {
        {"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"}};
  }

  /// `ever` objects of `size` bytes were made by the stack of `names`, leaf first; `live` of them are left.
  void Add(const std::vector<std::string>& names, std::int64_t size, std::int64_t ever = 100, std::int64_t live = 10) {
    profile::Sample sample;
    for (const std::string& name : names) sample.locations.push_back(LocationOf(name));
    sample.values = {ever, ever * size, live, live * size};
    profile_.samples.push_back(std::move(sample));
  }

  /// As Add, for `count` callers, each of which asks for a size of its own.
  void AddCallers(const std::vector<std::string>& below, int count, std::int64_t live = 10) {
    for (int i = 0; i < count; ++i) {
      std::vector<std::string> names = below;
      names.push_back("caller" + std::to_string(i));
      names.push_back("main");
      Add(names, 16 + 8 * i, 100, live);
    }
  }

  [[nodiscard]] const profile::Profile& profile() const { return profile_; }

  [[nodiscard]] std::vector<std::string> Layers(const std::string& user_list = {}) const {
    std::vector<std::string> names;
    for (const AllocationLayer& layer : FindAllocationLayers({&profile_}, List(user_list))) {
      names.push_back(layer.function);
    }
    return names;
  }

  /// Who names the row of sample number `sample`, and why.
  [[nodiscard]] std::pair<std::string, NamedBy> CulpritOf(std::size_t sample) const {
    WrapperList wrappers = List({});
    wrappers.Add(FindAllocationLayers({&profile_}, wrappers));
    std::vector<Frame> stack;
    StackExpander(profile_, wrappers, "inuse_space").Expand(profile_.samples[sample].locations, stack);
    const Culprit culprit = FindCulprit(stack);
    return {FrameName(profile_, stack[culprit.index]), culprit.named_by};
  }

 private:
  static WrapperList List(const std::string& text) {
    support::Result<WrapperList> list = WrapperList::Parse(text, "test");
    EXPECT_TRUE(list.ok());
    return std::move(list).value();
  }

  profile::LocationId LocationOf(const std::string& name) {
    const auto [entry, is_new] = known_.try_emplace(name, profile::LocationId{});
    if (is_new) {
      const auto function = static_cast<profile::FunctionId>(profile_.functions.size());
      profile_.functions.push_back({name, name, "x.c", 1});
      entry->second = static_cast<profile::LocationId>(profile_.locations.size());
      profile_.locations.push_back({.address = 0x1000 + profile_.locations.size() * 16, .lines = {{function, 7}}});
    }
    return entry->second;
  }

  profile::Profile profile_;
  std::map<std::string, profile::LocationId> known_;
};

TEST(AllocationLayers, AFunctionNamedForAllocatingNeedsThreeCallers) {
  Heap two, three;
  two.AddCallers({"malloc", "svc_alloc"}, 2);
  EXPECT_THAT(two.Layers(), IsEmpty());
  three.AddCallers({"malloc", "svc_alloc"}, 3);
  EXPECT_THAT(three.Layers(), ElementsAre("svc_alloc"));
  EXPECT_EQ(three.CulpritOf(1), std::make_pair(std::string("caller1"), NamedBy::kLayer));
}

TEST(AllocationLayers, WordsForAllocatingAreFoundInAnyStyle) {
  for (const char* name : {"svc_zalloc", "Pool::Allocate(unsigned long)", "PyObject_GC_Alloc_x", "topic_strdup"}) {
    Heap heap;
    heap.AddCallers({"malloc", name}, 4);
    EXPECT_THAT(heap.Layers(), ElementsAre(name));
  }
  Heap scope_only;
  scope_only.AddCallers({"malloc", "Allocator::Register"}, 4);
  EXPECT_THAT(scope_only.Layers(), IsEmpty());
}

TEST(AllocationLayers, AFunctionWhoseNameSaysNothingNeedsTwelve) {
  Heap eleven, twelve;
  eleven.AddCallers({"malloc", "service+0x2a40"}, 11);
  EXPECT_THAT(eleven.Layers(), IsEmpty());
  twelve.AddCallers({"malloc", "service+0x2a40"}, 12);
  EXPECT_THAT(twelve.Layers(), ElementsAre("service+0x2a40"));
}

TEST(AllocationLayers, OneThatMakesObjectsOfItsOwnKeepsItsRow) {
  Heap heap;
  for (int i = 0; i < 20; ++i) heap.Add({"malloc", "session_alloc", "caller" + std::to_string(i), "main"}, 672);
  EXPECT_THAT(heap.Layers(), IsEmpty());
  EXPECT_EQ(heap.CulpritOf(0), std::make_pair(std::string("session_alloc"), NamedBy::kNearest));
}

TEST(AllocationLayers, OneWhoseBlocksStayWhoeverAskedKeepsItsRow) {
  Heap heap;
  heap.AddCallers({"strdup", "cache_alloc_key"}, 20, 100);
  EXPECT_THAT(heap.Layers(), IsEmpty());
}

TEST(AllocationLayers, WhatIsAliveAndWhatEverWasMayBeInSamplesOfTheirOwn) {
  Heap heap;
  heap.AddCallers({"strdup", "cache_alloc_key"}, 20, 0);
  for (int i = 0; i < 20; ++i)
    heap.Add({"strdup", "cache_alloc_key", "caller" + std::to_string(i), "main"}, 16 + 8 * i, 0, 100);
  EXPECT_THAT(heap.Layers(), IsEmpty());
}

TEST(AllocationLayers, OneThatDoesMoreThanAllocateKeepsItsRow) {
  Heap heap;
  heap.AddCallers({"malloc", "connection_send"}, 12);
  for (int i = 0; i < 12; ++i) {
    heap.Add({"malloc", "encode", "connection_send", "other_caller" + std::to_string(i), "main"}, 64 + i);
  }
  EXPECT_THAT(heap.Layers(), IsEmpty());
}

TEST(AllocationLayers, LayersStandAboveLayers) {
  Heap heap;
  heap.AddCallers({"malloc", "svc_alloc"}, 5);
  heap.AddCallers({"malloc", "svc_alloc", "svc_zalloc"}, 5);
  EXPECT_THAT(heap.Layers(), ElementsAre("svc_alloc", "svc_zalloc"));
  EXPECT_EQ(heap.CulpritOf(7).first, "caller2");
}

TEST(AllocationLayers, WhatALayerCallsIsPartOfAllocating) {
  Heap heap;
  heap.AddCallers({"malloc", "tracker_alloc"}, 12);
  heap.AddCallers({"malloc", "tree_insert", "tracker_alloc"}, 12);
  EXPECT_THAT(heap.Layers(), ElementsAre("tracker_alloc"));
  EXPECT_EQ(heap.CulpritOf(12 + 3).first, "caller3");
}

TEST(AllocationLayers, AUserTakesOneOut) {
  Heap heap;
  heap.AddCallers({"malloc", "svc_alloc"}, 5);
  EXPECT_THAT(heap.Layers("!svc_alloc\n"), IsEmpty());
  EXPECT_THAT(heap.Layers("!svc_*\n"), IsEmpty());
  EXPECT_THAT(heap.Layers("svc_alloc\n"), IsEmpty());  // known already
}

TEST(AllocationLayers, TheTwoSidesOfADiffAreLookedAtAsOne) {
  Heap before, after;
  before.AddCallers({"malloc", "svc_alloc"}, 2);
  after.Add({"malloc", "svc_alloc", "late_caller", "main"}, 4096);
  const WrapperList list = *WrapperList::Load();
  const std::vector<AllocationLayer> layers = FindAllocationLayers({&after.profile(), &before.profile()}, list);
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_EQ(layers[0].callers, 3u);
}

TEST(AllocationLayers, AProfileWithoutAHeapHasNone) {
  profile::Profile threads;
  threads.sample_types = {{"threads", "count"}};
  threads.samples.push_back({.locations = {}, .values = {1}, .labels = {}});
  EXPECT_THAT(FindAllocationLayers({&threads}, *WrapperList::Load()), IsEmpty());
}

TEST(AllocationLayers, WithoutWhatWasEverAllocatedItGoesByTheSizesAlone) {
  Heap heap;
  heap.AddCallers({"malloc", "svc_alloc"}, 5, 100);
  profile::Profile live = heap.profile();
  live.sample_types = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};
  for (profile::Sample& sample : live.samples) sample.values = {sample.values[2], sample.values[3]};
  EXPECT_EQ(FindAllocationLayers({&live}, *WrapperList::Load()).size(), 1u);
}

/// Four callers ask a nameless function, which makes a node of `node` bytes below itself for each block.
Heap BookKeeper(const std::string& keeper, std::int64_t node, std::int64_t nodes = 100) {
  Heap heap;
  heap.AddCallers({"malloc", keeper}, 4);
  for (int i = 0; i < 4; ++i)
    heap.Add({"malloc", "lib.so+0x20", keeper, "caller" + std::to_string(i), "main"},
             node + (node == 0 ? 16 + 8 * i : 0), nodes);
  return heap;
}

TEST(AllocationLayers, OneWithoutANameThatKeepsBooksOfItsBlocks) {
  const Heap heap = BookKeeper("lib.so+0x10", 40);
  EXPECT_THAT(heap.Layers(), ElementsAre("lib.so+0x10"));
  EXPECT_EQ(heap.CulpritOf(0).first, "caller0");
  EXPECT_EQ(heap.CulpritOf(5).first, "caller1") << "its books are the caller's too";
}

TEST(AllocationLayers, OneThatMakesSeveralBlocksWheneverItIsAsked) {
  EXPECT_THAT(BookKeeper("lib.so+0x10", 40, 50).Layers(), ElementsAre("lib.so+0x10"));
  EXPECT_THAT(BookKeeper("lib.so+0x10", 40, 20).Layers(), IsEmpty());
}

TEST(AllocationLayers, NoneIfNodesAreOfOtherSizesOrFewerOrItHasAName) {
  EXPECT_THAT(BookKeeper("lib.so+0x10", 0).Layers(), IsEmpty());
  EXPECT_THAT(BookKeeper("lib.so+0x10", 40, 99).Layers(), IsEmpty());
  EXPECT_THAT(BookKeeper("insert", 40).Layers(), IsEmpty());
}

}  // namespace
}  // namespace mqtrack::analysis
