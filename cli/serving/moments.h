// The one or two moments of a process that a request is about.
#pragma once

#include <optional>
#include <string>

#include "cli/serving/moment_views.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

struct Moments {
  profile::Profile newer;
  std::optional<profile::Profile> base;
  std::string new_name, base_name, type;
  analysis::WrapperList wrappers;  // with the allocation layers of both
  [[nodiscard]] const profile::Profile* base_or_null() const { return base ? &*base : nullptr; }
};

/// By the parameters at, base and by. Errors: there is no such snapshot, or the two cannot be compared.
[[nodiscard]] support::Result<Moments> LoadMoments(const http::Request& request, const Subject& subject,
                                                   const service::Shown& shown);

/// mqtrack-sites/1: what there is, or what changed, of the type of the moments, in rows as `options` say.
[[nodiscard]] support::Result<std::string> SitesOf(const Moments& moments, analysis::SiteOptions options);

}  // namespace mqtrack::cli
