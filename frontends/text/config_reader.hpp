// What a frontend's `create` reads of the configuration: the texts of vz.config/1, as what they stand for.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "frontends/text/abi_text.hpp"
#include "vectorizer/frontend.h"

namespace vz::text {

// Borrows host and error. Of a key that is absent or wrong, the value stays as it was; the first wrong one is the
// error.
class ConfigReader final {
 public:
    ConfigReader(const vz_host& host, vz_error* error)
        : host_(host),
          config_(*static_cast<const vz_config_service*>(host.service(&host, VZ_SERVICE_CONFIG))),
          error_(error) {}

    // VZ_OK, or that of the error.
    vz_status status() const { return status_; }

    std::optional<std::string_view> text(std::string_view key) const {
        vz_str value{};
        if (config_.get(&host_, borrowed(key), &value) == 0) return std::nullopt;
        return view(value);
    }

    void flag(std::string_view key, bool& out) {
        const auto value = text(key);
        if (!value) return;
        if (*value == "true" || *value == "false") {
            out = *value == "true";
        } else {
            reject(key, "must be true or false");
        }
    }

    template <std::integral Number>
    void number(std::string_view key, std::type_identity_t<Number> least, std::type_identity_t<Number> most,
                Number& out) {
        const auto value = text(key);
        if (!value) return;
        Number parsed{};
        const auto [end, code] = std::from_chars(value->data(), value->data() + value->size(), parsed);
        if (code == std::errc() && end == value->data() + value->size() && parsed >= least && parsed <= most) {
            out = parsed;
        } else {
            reject(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        }
    }

    // Calls visit(key, value) with each key that is `prefix` or begins with it and a dot; it must not throw.
    template <typename Visit>
    void list(std::string_view prefix, Visit visit) const {
        const vz_config_visit_fn call = [](void* user, vz_str key, vz_str value) noexcept {
            (*static_cast<Visit*>(user))(view(key), view(value));
        };
        config_.list(&host_, borrowed(prefix), call, &visit);
    }

    vz_status reject(std::string_view key, std::string_view reason) {
        if (status_ == VZ_OK) status_ = config_.reject(&host_, borrowed(key), borrowed(reason), error_);
        return status_;
    }

 private:
    const vz_host& host_;
    const vz_config_service& config_;
    vz_error* error_;
    vz_status status_ = VZ_OK;
};

}  // namespace vz::text
