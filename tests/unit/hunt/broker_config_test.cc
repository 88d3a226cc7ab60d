#include "libtrack/hunt/broker_config.h"

#include <gtest/gtest.h>

#include "libtrack/hunt/test_files.h"

namespace mqtrack::hunt {
namespace {

std::uint16_t Spare() { return 4711; }

BrokerConfig Make(const std::string& user) {
  BrokerPorts ports{1, 2, 3, 4, 5, "/tmp/hunt.sock"};
  return MakeBrokerConfig(user, ports, {"cert", "key", "passwords", "acl"}, &Spare);
}

bool Has(const BrokerConfig& config, const std::string& line) {
  return ("\n" + config.text).find("\n" + line + "\n") != std::string::npos;
}

TEST(BrokerConfigTest, HasEveryDoor) {
  const BrokerConfig config = Make("");
  for (const char* line : {"sys_interval 0", "listener 1 127.0.0.1", "listener 2 127.0.0.1", "protocol websockets",
                           "require_certificate true", "max_connections 1", "listener 0 /tmp/hunt.sock",
                           "password_file passwords", "acl_file acl", "allow_anonymous true"})
    EXPECT_TRUE(Has(config, line)) << line << "\n" << config.text;
  EXPECT_TRUE(config.has_passwords && config.has_acl);
}

TEST(BrokerConfigTest, ReachesNothingOfTheUser) {
  const BrokerConfig config = Make(
      "listener 1883 0.0.0.0\nplugin /x/own.so\npersistence true\npersistence_location /var/lib/\npid_file /run/x\n"
      "log_dest file /var/log/x\nlistener 0 /run/own.sock\nport 1884\nallow_anonymous false\n");
  EXPECT_TRUE(Has(config, "listener 4711 127.0.0.1"));
  EXPECT_TRUE(Has(config, "port 4711"));
  EXPECT_TRUE(Has(config, "listener 0 /run/own.sock.mqtrack"));
  EXPECT_TRUE(Has(config, "plugin /x/own.so"));
  for (const char* part : {"/var/lib", "/run/x", "/var/log", "1883", "allow_anonymous false"})
    EXPECT_EQ(config.text.find(part), std::string::npos) << part;
  ASSERT_EQ(config.notes.size(), 1U);
  EXPECT_NE(config.notes[0].find("persistence_location"), std::string::npos);
}

TEST(BrokerConfigTest, TheUsersOwnPasswordsStay) {
  const BrokerConfig config = Make("password_file /x/own\nacl_file /x/acl\n");
  EXPECT_FALSE(config.has_passwords || config.has_acl);
  EXPECT_FALSE(Has(config, "password_file passwords"));
}

TEST(BrokerConfigTest, SettingsOfEachListener) {
  const BrokerConfig config = Make("per_listener_settings true\nlistener 1883\npassword_file /x/own\n");
  EXPECT_TRUE(config.has_passwords);
  EXPECT_NE(config.text.find("listener 1 127.0.0.1\nallow_anonymous true\npassword_file passwords\n"),
            std::string::npos)
      << config.text;
}

TEST(TestFilesTest, PasswordsAreMosquittos) {
  const std::string line = PasswordLine("hunter", "right");
  EXPECT_EQ(line.rfind("hunter:$7$101$", 0), 0U) << line;
  EXPECT_EQ(line.size(), 14U + 16 + 1 + 88 + 1) << line;
}

}  // namespace
}  // namespace mqtrack::hunt
