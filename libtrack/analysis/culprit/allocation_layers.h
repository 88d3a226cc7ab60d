// Allocation layers of a program's own, recognised by what they do: they pass on what many callers ask for.
//
// No list can know them all (a broker's own zalloc, an interpreter's object allocator). Where such a function names a
// row, the row is most of the heap and tells nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// The allocation layers of the heap that `profiles` show (snapshots of one process, usually two), in the order in
/// which they stand above the allocator. Functions that `wrappers` knows already, or takes out ("!name"), are none.
///
/// A function is one if
///   - many functions call it: 12, or 3 where its name says that it allocates, or where it has no name and makes, below
///   itself,
///     one block of a fixed size for each time that it is asked, as one does that keeps books of all blocks;
///   - it asks the allocator, or a layer below it, itself, for nine in ten of its callers, and from at most two places;
///   - the sizes differ between callers: one that makes objects of its own always asks for the same;
///   - callers give back what they got, one in four of them at least half: where everything stays whoever asked, the
///     function itself keeps it. Only where the profile tells what was ever allocated.
/// Layers stand above layers, so it is looked again with what was found. Linear in the frames of the profile for each
/// of at most kMaxRounds looks.
[[nodiscard]] std::vector<AllocationLayer> FindAllocationLayers(const std::vector<const profile::Profile*>& profiles,
                                                                const WrapperList& wrappers);

}  // namespace mqtrack::analysis
