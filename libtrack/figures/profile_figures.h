// Figures of a profile: what it counts, and the facts that travel in it.
#pragma once

#include <cstddef>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/figures/figures.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::figures {

/// Totals of every sample type of the table of kinds, the recorder's losses, MQTT packets, what a broker holds. Needs
/// no symbols. What the profile does not tell is left out.
void AddProfileFigures(const profile::Profile& profile, Figures& figures);

/// Live bytes of the `most` biggest places in the code, by function, and of all others together. Needs symbols; the
/// label of a function without a name is "(no name)", since an offset would be another one with every build.
void AddSiteFigures(const profile::Profile& profile, const analysis::WrapperList& wrappers, std::size_t most,
                    Figures& figures);

}  // namespace mqtrack::figures
