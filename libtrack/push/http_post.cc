#include "libtrack/push/http_post.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace mqtrack::push {
namespace {

constexpr long kConnectTimeoutSeconds = 10, kTimeoutSeconds = 60;
constexpr std::size_t kMostOfAnswer = 2000, kMostSaid = 160;

std::size_t Keep(char* data, std::size_t size, std::size_t count, void* user) {
  auto& kept = *static_cast<std::string*>(user);
  const std::size_t bytes = size * count;
  if (kept.size() < kMostOfAnswer) kept.append(data, std::min(bytes, kMostOfAnswer - kept.size()));
  return bytes;
}

/// A list of header lines.
class Headers {
 public:
  ~Headers() { ::curl_slist_free_all(list_); }
  Headers() = default;
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  void Add(const std::string& name, const std::string& value) {
    list_ = ::curl_slist_append(list_, (name + ": " + value).c_str());
  }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

/// What a server says with an error, as far as it fits a line.
std::string FirstWords(const std::string& body) {
  std::string words = body.substr(0, std::min(body.find_first_of("\r\n"), kMostSaid));
  const bool readable = std::all_of(words.begin(), words.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  return readable && !words.empty() && words[0] != '<' ? ": " + words : std::string();
}

/// Of what they have stored, Pyroscope says nothing and Parca "{}". A proxy that wants a login first has a page, and
/// the same status.
bool IsOfStore(const std::string& body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first == std::string::npos || body[first] == '{';
}

void Configure(CURL* curl, const PushRequest& request, const Credentials& credentials, const Headers& headers,
               std::string& body, char* message) {
  ::curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  ::curl_easy_setopt(curl, CURLOPT_POST, 1L);
  ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT, kTimeoutSeconds);
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, "mqtrack/" MQTRACK_VERSION);
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Keep);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  if (!credentials.user.empty()) {
    ::curl_easy_setopt(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    ::curl_easy_setopt(curl, CURLOPT_USERNAME, credentials.user.c_str());
    ::curl_easy_setopt(curl, CURLOPT_PASSWORD, credentials.password.c_str());
  }
  if (!credentials.ca_file.empty()) ::curl_easy_setopt(curl, CURLOPT_CAINFO, credentials.ca_file.c_str());
}

}  // namespace

PostAnswer Post(const PushRequest& request, const Credentials& credentials) {
  static const CURLcode ready = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(ready == CURLE_OK ? ::curl_easy_init() : nullptr,
                                                    ::curl_easy_cleanup);
  PostAnswer answer;
  if (!curl) {
    answer.problem = "libcurl cannot be initialised";
    return answer;
  }
  Headers headers;
  for (const auto& [name, value] : request.headers) headers.Add(name, value);
  headers.Add("Expect", "");  // servers of Go answer at once; waiting for "100 Continue" costs a second of the others
  if (!credentials.token.empty()) headers.Add("Authorization", "Bearer " + credentials.token);
  if (!credentials.tenant.empty()) headers.Add("X-Scope-OrgID", credentials.tenant);
  std::string body;
  char message[CURL_ERROR_SIZE] = {};
  Configure(curl.get(), request, credentials, headers, body, message);
  const CURLcode done = ::curl_easy_perform(curl.get());
  if (done != CURLE_OK) {
    answer.problem = *message != '\0' ? message : ::curl_easy_strerror(done);
    return answer;
  }
  ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t seconds = 0;
  if (::curl_easy_getinfo(curl.get(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
    answer.retry_after_seconds = seconds;
  const bool stored = answer.status >= 200 && answer.status < 300;
  if (!stored) {
    answer.problem = "the server answered with status " + std::to_string(answer.status) + FirstWords(body);
  } else if (!IsOfStore(body)) {
    answer.problem = "what answers there is no store of profiles (see --to, and proxies on the way)" + FirstWords(body);
  }
  return answer;
}

PostOutcome OutcomeOf(const PostAnswer& answer) {
  if (answer.problem.empty()) return PostOutcome::kStored;
  switch (answer.status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return PostOutcome::kNever;
    default:
      return PostOutcome::kLater;
  }
}

}  // namespace mqtrack::push
