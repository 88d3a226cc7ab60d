// What a server shows to people. Who draws pictures knows reports; the service does not, and is handed it.
#pragma once

#include <optional>
#include <string>

#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/service/history_keeper.h"
#include "libtrack/service/snapshot_desk.h"
#include "libtrack/service/target_list.h"

namespace mqtrack::service {

/// What there is to be shown.
struct Shown {
  TargetList& targets;
  SnapshotDesk& desk;
  HistoryKeeper* history;  // null: none is kept
};

/// Called by threads that may block, several at once.
class Pages {
 public:
  Pages() = default;
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  virtual ~Pages() = default;

  /// The answer to a path that is no endpoint, such as "/" or "/NAME/flame.svg"; nothing: there is none.
  [[nodiscard]] virtual std::optional<http::Response> Show(const http::Request& request, const Shown& shown) const = 0;
};

}  // namespace mqtrack::service
