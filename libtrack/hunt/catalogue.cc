#include "libtrack/hunt/catalogue.h"

#include <algorithm>

#include "libtrack/hunt/catalogue/connect_operations.h"
#include "libtrack/hunt/catalogue/ending_operations.h"
#include "libtrack/hunt/catalogue/malformed_operations.h"
#include "libtrack/hunt/catalogue/property_operations.h"
#include "libtrack/hunt/catalogue/publish_operations.h"
#include "libtrack/hunt/catalogue/reason_operations.h"
#include "libtrack/hunt/catalogue/session_operations.h"
#include "libtrack/hunt/catalogue/subscribe_operations.h"
#include "libtrack/hunt/catalogue/transport_operations.h"

namespace mqtrack::hunt {
namespace {

Operation NotTried(std::string name, std::string why) {
  Operation operation;
  operation.name = std::move(name);
  operation.why_not = std::move(why);
  return operation;
}

/// What a reader may look for here and not find.
void AddNotTried(std::vector<Operation>& to) {
  to.push_back(
      NotTried("bridge.reconnect", "bridges are not driven: a broker's bridge is a client, see hunt --client"));
  to.push_back(NotTried("tls.psk", "keys that are agreed on beforehand are not driven"));
  to.push_back(NotTried("broker.reload", "the broker's own signals are not driven"));
  to.push_back(NotTried("broker.persistence", "restarts are not driven: a new process has a recording of its own"));
}

std::vector<Operation> MakeCatalogue() {
  std::vector<Operation> all;
  AddConnects(all);
  AddMessages(all);
  AddSubscriptions(all);
  AddSessions(all);
  AddEndings(all);
  AddTransports(all);
  AddReasons(all);
  AddMalformed(all);
  AddProperties(all);
  AddNotTried(all);
  return all;
}

}  // namespace

const std::vector<Operation>& Catalogue() {
  static const std::vector<Operation> catalogue = MakeCatalogue();
  return catalogue;
}

std::string ChapterOf(std::string_view name) {
  const bool has_version = !name.empty() && name.front() >= '0' && name.front() <= '9';
  if (has_version) name.remove_prefix(std::min(name.find('.'), name.size() - 1) + 1);
  return std::string(name.substr(0, name.find('.')));
}

bool IsNamed(std::string_view name, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  if (name.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= name.size(); ++at) {
    if (IsNamed(name.substr(at), rest)) return true;
  }
  return false;
}

}  // namespace mqtrack::hunt
