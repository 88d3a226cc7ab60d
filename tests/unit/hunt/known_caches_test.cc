#include "libtrack/hunt/known_caches.h"

#include <gtest/gtest.h>

namespace mqtrack::hunt {
namespace {

constexpr char kSsl[] = "libssl.so.3";

TEST(KnownCachesTest, SessionsOfOpenSslAreKeptByItsCache) {
  for (const char* maker : {"SSL_SESSION_new", "SSL_SESSION_dup", "ssl_session_dup", "SSL_CTX_add_session"}) {
    const std::string cache = KnownCacheOf({{"libcrypto.so.3", "CRYPTO_zalloc"},
                                            {kSsl, maker},
                                            {kSsl, "libssl.so.3+0x31a40"},
                                            {kSsl, "SSL_accept"},
                                            {"mosquitto", "net__socket_accept"}});
    EXPECT_NE(cache.find("20,480"), std::string::npos) << maker;
  }
}

TEST(KnownCachesTest, WhatElseOpenSslMakesIsNone) {
  EXPECT_EQ(KnownCacheOf({{"libcrypto.so.3", "CRYPTO_zalloc"}, {kSsl, "SSL_new"}, {"mosquitto", "net__accept"}}), "");
  EXPECT_EQ(KnownCacheOf({{kSsl, "SSL_CTX_new"}, {"mosquitto", "load_certificates"}}), "");
  EXPECT_EQ(KnownCacheOf({{kSsl, "libssl.so.3+0x31a40"}, {kSsl, "SSL_accept"}}), "");
}

TEST(KnownCachesTest, AFunctionOfThatNameElsewhereIsNone) {
  EXPECT_EQ(KnownCacheOf({{"mosquitto", "SSL_SESSION_new"}}), "");
  EXPECT_EQ(KnownCacheOf({}), "");
}

}  // namespace
}  // namespace mqtrack::hunt
