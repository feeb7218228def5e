#include "tests/e2e/support/http_client.hpp"

#include <curl/curl.h>
#include <strings.h>

namespace vz::e2e {
namespace {

size_t append(char* bytes, size_t size, size_t count, void* text) {
    static_cast<std::string*>(text)->append(bytes, size * count);
    return size * count;
}

}  // namespace

std::string Answer::header(std::string_view name) const {
    for (size_t start = 0; start < headers.size();) {
        const size_t end = std::min(headers.find("\r\n", start), headers.size());
        const std::string_view line = std::string_view(headers).substr(start, end - start);
        if (line.size() > name.size() && line[name.size()] == ':' &&
            strncasecmp(line.data(), name.data(), name.size()) == 0) {
            const size_t value = line.find_first_not_of(' ', name.size() + 1);
            return value == std::string_view::npos ? std::string() : std::string(line.substr(value));
        }
        start = end + 2;
    }
    return {};
}

HttpClient::HttpClient(uint16_t port, std::chrono::milliseconds patience)
    : curl_(curl_easy_init()), base_("http://127.0.0.1:" + std::to_string(port)) {
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, append);
    curl_easy_setopt(curl_, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl_, CURLOPT_NOPROXY, "*");
}

HttpClient::~HttpClient() { curl_easy_cleanup(curl_); }

Answer HttpClient::request(const std::string& method, const std::string& path, std::string_view body,
                           const std::vector<std::string>& headers) {
    Answer answer;
    curl_slist* lines = nullptr;
    bool typed = false;
    for (const std::string& header : headers) {
        typed = typed || strncasecmp(header.c_str(), "Content-Type:", 13) == 0;
        lines = curl_slist_append(lines, header.c_str());
    }
    if (!typed && !body.empty()) lines = curl_slist_append(lines, "Content-Type: application/json");
    lines = curl_slist_append(lines, "Expect:");
    const std::string url = base_ + path;
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(curl_, CURLOPT_NOBODY, method == "HEAD" ? 1L : 0L);
    if (method == "GET" || method == "HEAD") {
        if (method == "GET") curl_easy_setopt(curl_, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(curl_, CURLOPT_POST, 1L);
        curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data() != nullptr ? body.data() : "");
    }
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &answer.headers);
    if (curl_easy_perform(curl_) == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
        answer.status = static_cast<int>(status);
    }
    curl_slist_free_all(lines);
    return answer;
}

std::string percent_encoded(std::string_view text) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char byte : text) {
        const auto value = static_cast<unsigned char>(byte);
        if ((value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') || (value >= '0' && value <= '9') ||
            value == '-' || value == '_' || value == '.' || value == '~') {
            encoded += byte;
        } else {
            encoded += {'%', kDigits[value >> 4], kDigits[value & 15]};
        }
    }
    return encoded;
}

}  // namespace vz::e2e
