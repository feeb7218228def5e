// The configuration: flags over environment over file over defaults, flattened to dotted keys.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vz::host {

// The value of a list without items.
inline constexpr char kEmptyList[] = "[]";

struct ConfigValue {
    std::string text;
    std::string origin;  // "config.yml:14:5", "environment VECTORIZER_PORT", "--port"
    size_t order = 0;    // of all that were read
    mutable bool asked = false;
};

// What is wrong with a configuration, in one sentence with its place.
struct ConfigError {
    std::string message;
};

// What the environment has under the prefix VECTORIZER_ and nothing reads.
struct PassedOver {
    std::vector<std::string> unknown;   // a sentence each, for a warning
    std::vector<std::string> injected;  // names that a container platform sets for a service called vectorizer
};

// Reads the files again, below the environment of the start and the flags.
class Config;
using Reread = std::function<std::optional<ConfigError>(Config*)>;

// Used by the main thread while starting; read-only afterwards.
class Config {
 public:
    // Later calls win over earlier ones: file, then environment, then flags.
    std::optional<ConfigError> read_file(const std::string& path);
    std::optional<ConfigError> read_environment(char** environment);
    // The file that server.auth.keys_file names: a list of keys, taken as further ones of server.auth.keys.
    std::optional<ConfigError> read_keys_file();
    // What stands under `from` is also found under `to`, unless something stands there.
    void lend(const std::string& from, const std::string& to);
    // The values of `over` win over those here, a list as a whole; what it passed over is passed over here.
    void overlay(const Config& over);
    void set(const std::string& key, const std::string& value, const std::string& origin);

    const ConfigValue* find(const std::string& key) const;  // marks it as asked
    std::string text(const std::string& key, const std::string& otherwise) const;
    // A whole number within bounds.
    std::optional<ConfigError> number(const std::string& key, uint64_t low, uint64_t high, uint64_t* value) const;
    std::optional<ConfigError> flag(const std::string& key, bool* value) const;

    // Keys of one frontend over those of `server`, as vz.config/1 has them.
    const ConfigValue* find_for(const std::string& instance, const std::string& key) const;
    std::vector<std::pair<std::string, const ConfigValue*>> list_for(const std::string& instance,
                                                                     const std::string& prefix) const;
    // Names under `frontends`, in file order.
    std::vector<std::string> instances() const;

    // Whoever would ask for the keys of that section does not.
    void ask_all(const std::string& section) const;
    // The first key that nobody asked for, with the nearest one that somebody did.
    std::optional<ConfigError> unknown_key() const;
    // Keys that one of the two has and the other has not, or with another value.
    std::set<std::string> keys_that_differ(const Config& other) const;
    const std::map<std::string, ConfigValue>& values() const { return values_; }
    const PassedOver& passed_over() const { return passed_over_; }

 private:
    std::optional<ConfigError> read_file_under(const std::string& path, const std::string& key);
    void drop_below(const std::string& key);
    bool is_known(const std::string& key) const;

    std::map<std::string, ConfigValue> values_;
    std::map<std::string, ConfigValue> empty_;  // keys that stand there without a value
    size_t next_order_ = 0;
    PassedOver passed_over_;
    mutable std::map<std::string, bool> asked_;
};

}  // namespace vz::host
