// One name for one place: two snapshots of a process may have been named from different files, since debug symbols were
// installed meanwhile, or the program on the disk was built anew.
#pragma once

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Gives places that are the same in both profiles (equal build id and offset in the file) the names of the side that
/// knows more about them, so that they are one place to Merge. Files without a build id are left alone: nobody can tell
/// that they are the same.
void UnifyNames(Profile& base, Profile& newer);

}  // namespace mqtrack::profile
