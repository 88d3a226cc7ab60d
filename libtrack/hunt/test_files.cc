#include "libtrack/hunt/test_files.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <memory>

#include "libtrack/support/file.h"

namespace mqtrack::hunt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr int kIterations = 101, kSaltBytes = 12, kHashBytes = 64;
constexpr long kDaySeconds = 24 * 3600L;  // NOLINT(google-runtime-int): OpenSSL's type

std::string Base64(const unsigned char* bytes, int size) {
  std::string text(static_cast<std::size_t>(4 * ((size + 2) / 3) + 1), '\0');
  const int written = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, size);
  text.resize(static_cast<std::size_t>(written));
  return text;
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&::X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&::BIO_free)>;

Key MakeKey() {
  EVP_PKEY* key = nullptr;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&::EVP_PKEY_CTX_free)> context(
      ::EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr), &::EVP_PKEY_CTX_free);
  if (context && ::EVP_PKEY_keygen_init(context.get()) == 1 &&
      ::EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) == 1)
    (void)::EVP_PKEY_keygen(context.get(), &key);
  return {key, &::EVP_PKEY_free};
}

Certificate Sign(EVP_PKEY* key) {
  Certificate made(::X509_new(), &::X509_free);
  if (!made) return made;
  X509* certificate = made.get();
  ::X509_set_version(certificate, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate), -kDaySeconds);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate), 2 * kDaySeconds);
  ::X509_set_pubkey(certificate, key);
  X509_NAME* name = ::X509_get_subject_name(certificate);
  const unsigned char common[] = "localhost";
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
  ::X509_set_issuer_name(certificate, name);
  if (::X509_sign(certificate, key, ::EVP_sha256()) == 0) made.reset();
  return made;
}

std::string Content(BIO* bio) {
  std::string content;
  char piece[512];
  for (int got = 0; (got = ::BIO_read(bio, piece, sizeof piece)) > 0;)
    content.append(piece, static_cast<std::size_t>(got));
  return content;
}

Status Put(const std::string& path, const std::string& content) {
  if (Status written = support::WriteFile(path, content); !written) return written;
  ::chmod(path.c_str(), 0644);
  return {};
}

}  // namespace

std::string PasswordLine(const std::string& user, const std::string& password) {
  const unsigned char salt[kSaltBytes] = {'m', 'q', 't', 'r', 'a', 'c', 'k', ' ', 'h', 'u', 'n', 't'};
  unsigned char hash[kHashBytes];
  ::PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt, kSaltBytes, kIterations, ::EVP_sha512(),
                      kHashBytes, hash);
  return user + ":$7$" + std::to_string(kIterations) + "$" + Base64(salt, kSaltBytes) + "$" + Base64(hash, kHashBytes) +
         "\n";
}

Result<TestFiles> WriteTestFiles(const std::string& folder) {
  const TestFiles files = {folder + "/certificate.pem", folder + "/key.pem", folder + "/passwords",
                           folder + "/access_list"};
  const Key key = MakeKey();
  const Certificate certificate = key ? Sign(key.get()) : Certificate(nullptr, &::X509_free);
  if (!certificate) return Error{ErrorCode::kSystem, "OpenSSL made no certificate", "TLS"};
  const Bio key_text(::BIO_new(::BIO_s_mem()), &::BIO_free), text(::BIO_new(::BIO_s_mem()), &::BIO_free);
  ::PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  ::PEM_write_bio_X509(text.get(), certificate.get());
  const std::pair<std::string, std::string> contents[] = {
      {files.certificate, Content(text.get())},
      {files.key, Content(key_text.get())},
      {files.passwords, PasswordLine(kUser, kPassword)},
      {files.access_list, "topic readwrite #\ntopic readwrite $SYS/#\ntopic deny denied/#\n\nuser " +
                              std::string(kUser) + "\ntopic readwrite #\n"}};
  for (const auto& [path, content] : contents) {
    if (Status put = Put(path, content); !put) return put.error();
  }
  return files;
}

}  // namespace mqtrack::hunt
