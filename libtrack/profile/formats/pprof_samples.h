// Samples of a profile.proto message, with their labels.
#pragma once

#include <protozero/pbf_reader.hpp>

#include "libtrack/profile/formats/pprof_tables.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Appends the sample to `profile`, whose sample types and locations have been read. Throws Malformed.
void ReadSample(protozero::data_view view, PprofTables& tables, Profile& profile);

}  // namespace mqtrack::profile
