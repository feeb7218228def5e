#include "benchmarks/ann/report.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace vz::ann {
namespace {

using Line = std::map<std::string, std::string>;

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
    return fields;
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
}

constexpr double kWidth = 860;
constexpr double kHeight = 460;
constexpr double kMargin = 70;

// Recall by its distance from 1, so that 0.9, 0.99 and 0.999 are equally far apart.
double x_of(double recall) {
    const double nines = -std::log10(std::max(1e-4, 1.0 - recall));
    return kMargin + (kWidth - 2 * kMargin) * std::clamp(nines / 4.0, 0.0, 1.0);
}

double y_of(double qps, double low, double high) {
    return kHeight - kMargin - (kHeight - 2 * kMargin) * (std::log10(qps) - low) / std::max(0.1, high - low);
}

void draw(const std::string& data, const std::vector<Line>& lines, std::ostream& html) {
    static const char* const kColours[] = {"#0b6", "#c33", "#36c", "#a5a"};
    double low = 1e9;
    double high = -1e9;
    std::map<std::string, std::vector<Line>> peers;
    for (const Line& line : lines) {
        if (line.at("data") != data) continue;
        const double magnitude = std::log10(std::max(1.0, std::stod(line.at("qps"))));
        low = std::min(low, magnitude);
        high = std::max(high, magnitude);
        peers[line.at("peer")].push_back(line);
    }
    html << "<h2>" << escaped(data) << "</h2><svg width='" << kWidth << "' height='" << kHeight << "'>";
    for (const double recall : {0.9, 0.95, 0.99, 0.999}) {
        html << "<line stroke='#ddd' x1='" << x_of(recall) << "' x2='" << x_of(recall) << "' y1='" << kMargin
             << "' y2='" << kHeight - kMargin << "'/><text x='" << x_of(recall) - 14 << "' y='"
             << kHeight - kMargin + 18 << "'>" << recall << "</text>";
    }
    for (double qps = 100; qps < 1e6; qps *= 10) {
        for (const double step : {1.0, 2.0, 5.0}) {
            const double value = qps * step;
            if (std::log10(value) < low || std::log10(value) > high) continue;
            const double y = y_of(value, low, high);
            html << "<line stroke='#ddd' x1='" << kMargin << "' x2='" << kWidth - kMargin << "' y1='" << y << "' y2='"
                 << y << "'/><text x='5' y='" << y + 4 << "'>" << value << "</text>";
        }
    }
    size_t colour = 0;
    for (const auto& [peer, points] : peers) {
        const char* stroke = kColours[colour % 4];
        html << "<polyline fill='none' stroke-width='2' stroke='" << stroke << "' points='";
        for (const Line& point : points)
            html << x_of(std::stod(point.at("recall"))) << ',' << y_of(std::stod(point.at("qps")), low, high) << ' ';
        html << "'/><text fill='" << stroke << "' x='" << kWidth - kMargin - 120 << "' y='"
             << kMargin + 18 * static_cast<double>(colour) << "'>" << escaped(peer) << "</text>";
        ++colour;
    }
    html << "<text x='" << kWidth / 2 - 60 << "' y='" << kHeight - 20
         << "'>recall</text><text x='5' y='40'>queries a second</text></svg><table>";
    html << "<tr><th>peer<th>effort<th>recall<th>QPS<th>p50 us<th>p99 us<th>rows scored<th>hops<th>share of "
            "bound<th>build CPU s<th>hot bytes a row";
    for (const auto& [peer, points] : peers) {
        for (const Line& point : points) {
            html << "<tr><td>" << escaped(peer);
            for (const char* name : {"effort", "recall", "qps", "p50_us", "p99_us", "rows_scored", "hops",
                                     "bound_share", "build_cpu_s", "hot_bytes_a_row"}) {
                html << "<td>" << escaped(point.at(name));
            }
        }
    }
    html << "</table>";
}

}  // namespace

bool report(std::istream& csv, std::ostream& html) {
    std::string text;
    std::vector<std::string> names;
    std::vector<Line> lines;
    std::vector<std::string> sets;
    while (std::getline(csv, text)) {
        const auto fields = fields_of(text);
        if (!fields.empty() && fields[0] == "data") {
            names = fields;
            continue;
        }
        if (names.empty() || fields.size() != names.size()) return false;
        Line line;
        for (size_t i = 0; i < names.size(); ++i) line[names[i]] = fields[i];
        if (std::find(sets.begin(), sets.end(), line["data"]) == sets.end()) sets.push_back(line["data"]);
        lines.push_back(std::move(line));
    }
    if (lines.empty()) return false;
    html << "<!doctype html><meta charset='utf-8'><title>Recall and speed</title><style>body{font:14px "
            "sans-serif;margin:2em}"
            "svg text{font-size:12px}td,th{padding:2px 10px;text-align:right}</style><h1>Recall and speed, one thread, "
            "CPU time</h1>";
    for (const auto& set : sets) draw(set, lines, html);
    return html.good();
}

}  // namespace vz::ann
