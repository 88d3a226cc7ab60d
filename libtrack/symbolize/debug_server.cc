// libdebuginfod is loaded when it is first needed: docs/architecture.md says why. Its functions are declared here as
// its manual, debuginfod_find_debuginfo(3), has them.
#include "libtrack/symbolize/debug_server.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "libtrack/support/file.h"
#include "libtrack/symbolize/debug_files.h"

namespace mqtrack::symbolize {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr char kLibrary[] = "libdebuginfod.so.1";
constexpr std::uint64_t kMostWords = std::uint64_t{1} << 20;

/// What a user has set himself stays.
void SetUnlessGiven(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 0); }

bool IsUrlList(std::string_view urls) {
  bool any = false;
  while (!urls.empty()) {
    const std::size_t end = std::min(urls.find(' '), urls.size());
    const std::string_view url = urls.substr(0, end);
    urls.remove_prefix(std::min(end + 1, urls.size()));
    if (url.empty()) continue;
    any = true;
    if (!url.starts_with("http://") && !url.starts_with("https://") && !url.starts_with("file://")) return false;
  }
  return any;
}

}  // namespace

// Each server has a line "init server N URL"; each that sent no file has one "url N WORDS" behind a line "server
// response WORDS", for each time that it was tried.
ServerAnswers ReadServerAnswers(std::string_view words) {
  constexpr std::string_view kCache = "checking cache dir ", kServer = "init server ", kResponse = "server response ",
                             kUrl = "url ", kHasNone = " 404", kFile = "file://";
  ServerAnswers answers;
  std::set<std::string_view> failed;
  bool is_response = false;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('\n'), words.size());
    std::string_view line = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (line.starts_with(kCache)) answers.cache = line.substr(kCache.size());
    if (line.starts_with(kServer)) ++answers.servers;
    if (is_response && line.starts_with(kUrl) && !line.ends_with(kHasNone)) {
      const std::size_t blank = std::min(line.find(' ', kUrl.size()), line.size());
      failed.insert(line.substr(0, blank));
      answers.failure = "a server fails:" + std::string(line.substr(blank));
    }
    // A folder whose file cannot be read has none.
    is_response = line.starts_with(kResponse) && line.find(kFile) == std::string_view::npos;
  }
  answers.failed = static_cast<int>(failed.size());
  return answers;
}

bool IsDistributionFile(const std::string& path) {
  static constexpr std::array kFolders = {"bin/",   "sbin/",   "lib/",    "lib32/",
                                          "lib64/", "libo32/", "libx32/", "libexec/"};
  if (!path.starts_with('/') || path.find("/../") != std::string::npos) return false;
  const std::string_view below = std::string_view(path).substr(path.starts_with("/usr/") ? 5 : 1);
  return std::any_of(kFolders.begin(), kFolders.end(), [&](const char* folder) { return below.starts_with(folder); });
}

struct DebugServer::Library {
  using Client = void;
  using Progress = int (*)(Client*, long, long);
  using FindFunction = int (*)(Client*, const unsigned char*, int, char**);

  void* handle = nullptr;
  Client* client = nullptr;
  Client* (*begin)() = nullptr;
  void (*end)(Client*) = nullptr;
  void (*set_progress)(Client*, Progress) = nullptr;
  void (*set_user_data)(Client*, void*) = nullptr;
  void* (*get_user_data)(Client*) = nullptr;
  void (*set_verbose)(Client*, int) = nullptr;  // null before elfutils 0.181
  FindFunction find_debug = nullptr, find_code = nullptr;
  support::FileHandle words;  // what it says while it asks

  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (client != nullptr) end(client);
    // It stays loaded: the library that it fetches with cannot be unloaded.
  }

  template <typename Function>
  [[nodiscard]] bool Get(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(::dlsym(handle, name));
    return function != nullptr;
  }

  [[nodiscard]] bool Load() {
    handle = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr) (void)Get("debuginfod_set_verbose_fd", set_verbose);
    return handle != nullptr && Get("debuginfod_begin", begin) && Get("debuginfod_end", end) &&
           Get("debuginfod_set_progressfn", set_progress) && Get("debuginfod_set_user_data", set_user_data) &&
           Get("debuginfod_get_user_data", get_user_data) && Get("debuginfod_find_debuginfo", find_debug) &&
           Get("debuginfod_find_executable", find_code);
  }
};

namespace {
// The callback gets the library's client alone; this tells whose that is. One library, so one function.
void* (*user_data_of)(void*) = nullptr;
}  // namespace

DebugServer::DebugServer(DebugServerOptions options, std::unique_ptr<Library> library)
    : options_(std::move(options)), library_(std::move(library)), left_(options_.time_limit) {}

DebugServer::~DebugServer() = default;

Result<std::shared_ptr<DebugServer>> DebugServer::Open(DebugServerOptions options) {
  const char* known = std::getenv("DEBUGINFOD_URLS");
  const std::string urls = !options.urls.empty() ? options.urls : known != nullptr ? known : "";
  if (urls.find_first_not_of(' ') == std::string::npos) {
    return Error{ErrorCode::kBadInput,
                 "no server is known: write --debuginfod=URL, or set DEBUGINFOD_URLS as the distribution says",
                 "--debuginfod"};
  }
  if (!IsUrlList(urls)) {
    return Error{ErrorCode::kBadInput, "not a URL: it must begin with http://, https:// or file://",
                 "--debuginfod=" + urls};
  }
  auto library = std::make_unique<Library>();
  if (!library->Load()) {
    return Error{ErrorCode::kSystem,
                 "needs the library " + std::string(kLibrary) +
                     ", which is not installed (Debian: apt-get install "
                     "libdebuginfod1)",
                 "--debuginfod"};
  }
  const std::string seconds = std::to_string(std::max<std::int64_t>(options.time_limit.count() / 1000, 1));
  ::setenv("DEBUGINFOD_URLS", urls.c_str(), 1);
  SetUnlessGiven("DEBUGINFOD_TIMEOUT", seconds);
  SetUnlessGiven("DEBUGINFOD_MAXTIME", seconds);
  SetUnlessGiven("DEBUGINFOD_MAXSIZE", std::to_string(options.most_bytes));
  library->client = library->begin();
  if (library->client == nullptr) return Error{ErrorCode::kSystem, "the library cannot be initialised", "--debuginfod"};
  user_data_of = library->get_user_data;
  if (library->set_verbose != nullptr && std::getenv("DEBUGINFOD_VERBOSE") == nullptr) {
    library->words = support::FileHandle(::memfd_create("debuginfod", MFD_CLOEXEC));
    if (library->words.valid()) library->set_verbose(library->client, library->words.get());
  }
  return std::shared_ptr<DebugServer>(new DebugServer(std::move(options), std::move(library)));
}

int DebugServer::OnProgress(void* client, long bytes, long total) {
  auto* self = static_cast<DebugServer*>(user_data_of(client));
  if (self == nullptr) return 0;
  const auto amount = static_cast<std::uint64_t>(std::max(bytes, 0L));
  self->too_large_ = amount > self->options_.most_bytes;
  self->out_of_time_ = std::chrono::steady_clock::now() >= self->deadline_;
  if (self->options_.progress) {
    self->showed_progress_ = true;
    // Before there is a size, the first number only counts the calls.
    self->options_.progress(self->file_, total > 0 ? amount : 0, static_cast<std::uint64_t>(std::max(total, 0L)));
  }
  return self->too_large_ || self->out_of_time_ ? 1 : 0;
}

std::string DebugServer::WhyItFailed(int error) const {
  if (too_large_ || error == EFBIG) return "its answer is larger than is accepted";
  if (out_of_time_ || error == ETIME || error == ETIMEDOUT) {
    return "it did not answer within " + std::to_string(options_.time_limit.count() / 1000) +
           " seconds (--debuginfod-seconds)";
  }
  if (error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == ECONNRESET) {
    return std::string("it cannot be reached, or fails: ") + std::strerror(error);
  }
  return std::strerror(error);
}

// The library takes a server that fails for one that has no such file, and keeps that in its cache for a while. What it
// says tells them apart; the empty file that stands for "has none" goes again.
void DebugServer::TellOfFailedServers(What what, const std::string& build_id, std::string& note) {
  if (!library_->words.valid()) return;
  const auto words = support::ReadFile("/proc/self/fd/" + std::to_string(library_->words.get()), kMostWords);
  if (!words) return;
  const ServerAnswers answers = ReadServerAnswers(*words);
  if (answers.failed == 0) return;
  if (!answers.cache.empty()) {
    std::error_code error;
    const std::filesystem::path kept =
        std::filesystem::path(answers.cache) / build_id / (what == What::kDebug ? "debuginfo" : "executable");
    if (std::filesystem::is_empty(kept, error) && !error) std::filesystem::remove(kept, error);
  }
  note = "debuginfod: " + answers.failure + "; whether it has the file is not known";
  if (answers.failed < answers.servers) return;
  problem_ = answers.failure;
  note += ", and nothing more was asked";
}

std::optional<std::string> DebugServer::Find(What what, const std::string& build_id, const std::string& file,
                                             std::string& note) {
  const std::lock_guard lock(one_question_);
  if (!IsBuildId(build_id) || !problem_.empty()) return std::nullopt;
  if (!options_.ask_for_all && !IsDistributionFile(file)) return std::nullopt;
  file_ = file;
  if (library_->words.valid() && ::ftruncate(library_->words.get(), 0) == 0)
    (void)::lseek(library_->words.get(), 0, SEEK_SET);
  too_large_ = out_of_time_ = showed_progress_ = false;
  const auto begin = std::chrono::steady_clock::now();
  deadline_ = begin + left_;
  library_->set_user_data(library_->client, this);
  library_->set_progress(library_->client, &OnProgress);
  char* path = nullptr;
  const auto find = what == What::kDebug ? library_->find_debug : library_->find_code;
  const int fd = find(library_->client, reinterpret_cast<const unsigned char*>(build_id.c_str()), 0, &path);
  const std::unique_ptr<char, void (*)(void*)> owned(path, ::free);
  left_ -= std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  if (showed_progress_) options_.progress("", 0, 0);
  if (fd >= 0) {
    ::close(fd);
    return path != nullptr ? std::optional<std::string>(path) : std::nullopt;
  }
  if (fd == -ENOENT) {
    TellOfFailedServers(what, build_id, note);
    return std::nullopt;
  }
  const std::string why = WhyItFailed(-fd);
  note = "debuginfod: " + why;
  // A file that is too large says nothing of the others.
  if (!too_large_ && fd != -EFBIG) {
    problem_ = why;
    note += "; nothing more was asked";
  }
  return std::nullopt;
}

std::string DebugServer::Discard(const std::string& path) {
  ::unlink(path.c_str());
  return "debuginfod: its answer is not the file of that build id (a page of a proxy, or cut off): not used";
}

}  // namespace mqtrack::symbolize
