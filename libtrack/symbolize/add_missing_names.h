// Names for a profile that has some already, or none: later, and elsewhere than where it was taken.
#pragma once

#include "libtrack/profile/profile.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::symbolize {

/// As Symbolize, and also asks again for locations that have no line yet: what is better replaces what was there (a
/// name where there was an offset, a line where there was a name), and nothing is lost. Functions that nobody is called
/// by any more go.
Report AddMissingNames(profile::Profile& profile, const Options& options);

}  // namespace mqtrack::symbolize
