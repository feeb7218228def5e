#include "benchmarks/ann/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>

#include "benchmarks/clock.hpp"
#include "engine/index/score.hpp"

namespace vz::ann {
namespace {

struct Point {
    uint32_t effort = 0;
    double recall = 0;
    double qps = 0;           // best pass, thread CPU time
    double wall_qps = 0;      // all threads, wall time
    double threads_gain = 0;  // over one thread
    double p50_us = 0, p95_us = 0, p99_us = 0;
    double scored = 0, hops = 0;
};

struct Entrant {
    std::unique_ptr<Peer> peer;
    double build_cpu_s = 0;
    double build_wall_s = 0;
    std::vector<Point> points;
};

double recall_of(const DataSet& set, Peer& peer, uint32_t k, uint32_t effort) {
    std::vector<uint32_t> rows(k);
    uint64_t hits = 0;
    for (uint32_t i = 0; i < set.queries.rows; ++i) {
        const ScoreQuery query = make_score_query(set.metric, set.queries.row(i), set.base.dim);
        const uint32_t found = peer.search(set.queries.row(i), k, effort, 0, rows.data());
        for (uint32_t j = 0; j < found; ++j) {
            hits += counts_as_hit(set.metric, score_row(query, set.base.row(rows[j])), set.border(i, k)) ? 1 : 0;
        }
    }
    return static_cast<double>(hits) / (static_cast<double>(set.queries.rows) * k);
}

void time_pass(const DataSet& set, Peer& peer, uint32_t k, Point& point) {
    std::vector<uint32_t> rows(k);
    const double start = cpu_seconds();
    for (uint32_t i = 0; i < set.queries.rows; ++i) peer.search(set.queries.row(i), k, point.effort, 0, rows.data());
    const double qps = set.queries.rows / (cpu_seconds() - start);
    point.qps = std::max(point.qps, qps);
}

void time_latency(const DataSet& set, Peer& peer, uint32_t k, Point& point) {
    std::vector<uint32_t> rows(k);
    std::vector<double> took(set.queries.rows);
    for (uint32_t i = 0; i < set.queries.rows; ++i) {
        const double start = seconds(CLOCK_MONOTONIC);
        peer.search(set.queries.row(i), k, point.effort, 0, rows.data());
        took[i] = 1e6 * (seconds(CLOCK_MONOTONIC) - start);
    }
    std::sort(took.begin(), took.end());
    const auto at = [&](double share) {
        return took[static_cast<size_t>(share * static_cast<double>(took.size() - 1))];
    };
    point.p50_us = at(0.5);
    point.p95_us = at(0.95);
    point.p99_us = at(0.99);
}

// A thread that moves to the other core finds its caches cold: of one time through the queries that is a good part.
constexpr uint32_t kThreadedRepeats = 8;

// Queries a second of so many threads, each with all queries, by the wall clock.
double threaded_pass(const DataSet& set, Peer& peer, uint32_t k, uint32_t count, uint32_t effort) {
    const double start = seconds(CLOCK_MONOTONIC);
    std::vector<std::thread> threads;
    for (uint32_t worker = 0; worker < count; ++worker) {
        threads.emplace_back([&, worker] {
            std::vector<uint32_t> rows(k);
            for (uint32_t i = 0; i < kThreadedRepeats * set.queries.rows; ++i) {
                peer.search(set.queries.row(i % set.queries.rows), k, effort, worker, rows.data());
            }
        });
    }
    for (auto& thread : threads) thread.join();
    return count * kThreadedRepeats * set.queries.rows / (seconds(CLOCK_MONOTONIC) - start);
}

// One thread and all of them in turns; the best pass of each.
void time_threads(const DataSet& set, Peer& peer, const SweepOptions& options, Point& point) {
    double alone = 0;
    for (uint32_t round = 0; round < options.rounds; ++round) {
        alone = std::max(alone, threaded_pass(set, peer, options.k, 1, point.effort));
        point.wall_qps = std::max(point.wall_qps, threaded_pass(set, peer, options.k, options.threads, point.effort));
    }
    point.threads_gain = point.wall_qps / alone;
}

// Queries a second at a recall, log-linear between the measured points; 0: never reached.
double qps_at(const std::vector<Point>& points, double recall) {
    double best = 0;
    for (size_t i = 0; i < points.size(); ++i) {
        if (points[i].recall < recall) continue;
        best = std::max(best, points[i].qps);
        if (i > 0 && points[i - 1].recall < recall) {
            const double share = (recall - points[i - 1].recall) / (points[i].recall - points[i - 1].recall);
            best =
                std::max(best, std::exp(std::log(points[i - 1].qps) * (1 - share) + std::log(points[i].qps) * share));
        }
    }
    return best;
}

void print_ratios(const std::vector<Entrant>& entrants) {
    for (const double recall : {0.90, 0.95, 0.98, 0.99, 0.999}) {
        double against = 0;
        for (const auto& entrant : entrants) {
            if (entrant.peer->name() == "hnswlib") against = qps_at(entrant.points, recall);
        }
        std::printf("recall %.3f:", recall);
        for (const auto& entrant : entrants) {
            const double qps = qps_at(entrant.points, recall);
            std::printf("  %s %.0f QPS", entrant.peer->name().c_str(), qps);
            if (against > 0) std::printf(" (%.2fx)", qps / against);
        }
        std::printf("\n");
    }
}

}  // namespace

void sweep(const DataSet& set, const SweepOptions& options, std::ostream& csv) {
    std::vector<Entrant> entrants;
    for (const auto& name : options.peers) {
        auto peer = name == "vectorizer" ? make_vectorizer() : name == "hnswlib" ? make_hnswlib() : make_faiss();
        if (peer == nullptr || !peer->knows(set.metric)) {
            std::printf("%s: %s\n", name.c_str(), peer == nullptr ? "not built in" : "does not know this metric");
            continue;
        }
        Entrant entrant;
        const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        const double wall = seconds(CLOCK_MONOTONIC);
        peer->build(set, options.build);
        entrant.build_cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        entrant.build_wall_s = seconds(CLOCK_MONOTONIC) - wall;
        entrant.peer = std::move(peer);
        for (const uint32_t effort : options.efforts) {
            Point point;
            point.effort = effort;
            const PeerCounters before = entrant.peer->counters();
            point.recall = recall_of(set, *entrant.peer, options.k, effort);
            const PeerCounters after = entrant.peer->counters();
            point.scored = static_cast<double>(after.scored - before.scored) / set.queries.rows;
            point.hops = static_cast<double>(after.hops - before.hops) / set.queries.rows;
            entrant.points.push_back(point);
        }
        std::printf("%s: build %.2f CPU s, %.2f s; %.0f hot bytes a row\n", entrant.peer->name().c_str(),
                    entrant.build_cpu_s, entrant.build_wall_s,
                    static_cast<double>(entrant.peer->hot_bytes()) / set.base.rows);
        entrants.push_back(std::move(entrant));
    }
    for (uint32_t round = 0; round < options.rounds; ++round) {
        for (size_t i = 0; i < options.efforts.size(); ++i) {
            for (auto& entrant : entrants) time_pass(set, *entrant.peer, options.k, entrant.points[i]);
        }
    }
    csv << "data,peer,version,flags,threads,k,effort,recall,qps,wall_qps,p50_us,p95_us,p99_us,rows_scored,hops,bound_"
           "share,build_cpu_s,"
           "hot_bytes_a_row\n";
    for (auto& entrant : entrants) {
        for (auto& point : entrant.points) {
            time_latency(set, *entrant.peer, options.k, point);
            if (options.threads > 1) time_threads(set, *entrant.peer, options, point);
            // Of the time of a query, what scoring its rows alone would take.
            const double row_seconds =
                options.bounds ? options.bounds->row_seconds(set.base.dim) : entrant.peer->row_seconds();
            const double bound_share = point.scored * row_seconds * point.qps;
            csv << set.name << ',' << entrant.peer->name() << ',' << entrant.peer->version() << ','
                << entrant.peer->flags() << ',' << options.threads << ',' << options.k << ',' << point.effort << ','
                << point.recall << ',' << point.qps << ',' << point.wall_qps << ',' << point.p50_us << ','
                << point.p95_us << ',' << point.p99_us << ',' << point.scored << ',' << point.hops << ',' << bound_share
                << ',' << entrant.build_cpu_s << ',' << static_cast<double>(entrant.peer->hot_bytes()) / set.base.rows
                << '\n';
            std::printf("%-10s effort %4u recall %.4f qps %8.0f scored %6.0f hops %5.0f p99 %.0f us",
                        entrant.peer->name().c_str(), point.effort, point.recall, point.qps, point.scored, point.hops,
                        point.p99_us);
            if (bound_share > 0) std::printf(" bound %.0f %%", 100 * bound_share);
            if (options.threads > 1) std::printf(" %u threads %.2fx", options.threads, point.threads_gain);
            std::printf("\n");
        }
    }
    if (options.bounds) {
        std::printf("bound: %.1f ns for %u bytes at a random place, %s\n",
                    1e9 * options.bounds->row_seconds(set.base.dim), set.base.dim, options.bounds->cpu.c_str());
    }
    print_ratios(entrants);
}

}  // namespace vz::ann
