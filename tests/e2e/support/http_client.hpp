// One HTTP/1.1 connection to a server on this machine. libcurl's one door. Not for two threads at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vz::e2e {

struct Answer {
    int status = 0;  // 0: no answer, or not the whole of it
    std::string body;
    std::string headers;  // as received, lines end in CR LF

    // Value of a header, empty if it is absent.
    std::string header(std::string_view name) const;
};

class HttpClient final {
 public:
    explicit HttpClient(uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds(60));
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    Answer get(const std::string& path) { return request("GET", path, {}); }
    Answer post(const std::string& path, std::string_view json) { return request("POST", path, json); }
    // A body is sent as JSON unless `headers` names another type.
    Answer request(const std::string& method, const std::string& path, std::string_view body,
                   const std::vector<std::string>& headers = {});

 private:
    void* curl_;
    std::string base_;
};

// One segment of a path.
std::string percent_encoded(std::string_view text);

}  // namespace vz::e2e
