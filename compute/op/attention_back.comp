#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "tile.glsl"

// Gradient of attention (Dao et al., FlashAttention, appendix B.2), in three passes that recompute P:
//
//   0  rows:  L = log sum exp(scale q k^T),  E = rowsum(P * dP),  dP = dy v^T
//   1  keys:  dv = P^T dy,  dk = dS^T q,  dS = scale P * (dP - E),  P = exp(scale q k^T - L)
//   2  rows:  dq = dS k
//
// L and E of a query and head wait in the first two of its channels of dq, which pass 2 reads before
// it writes.
layout(constant_id = 1) const uint D = 64; // channels of a head, at least 2
layout(constant_id = 2) const bool CAUSAL = false;
layout(constant_id = 3) const uint PASS = 0;

layout(push_constant, scalar) uniform Push {
    F32InOut dq; // (batch, queries, heads * D)
    F32Out dk;   // (batch, keys, heads * D)
    F32Out dv;
    F32 q, k, v, dy;
    uint batch, heads, queries, keys;
    float scale;
};

const uint CHUNKS = (D + TILE - 1) / TILE; // of the head's channels
const uint AREA = SIDE * SIDE;
const uint PARTS = 256 / TILE; // invocations that share a row
const uint TILE_PITCH = TILE + 1;
const float HIDDEN = -3.0e38;

shared float p_tile[TILE * TILE_PITCH];  // (queries, keys): scores, then P
shared float ds_tile[TILE * TILE_PITCH]; // dP, then dS
shared float row_l[TILE], row_e[TILE]; // L and E; in pass 0 the running maximum and dot product
shared float row_sum[TILE];

// Partial results of the rows, where no product is in work. With SIDE = 2 both tiles have room.
#define part_max(i) tile_a[i]
#define part_sum(i) tile_b[i]
#define part_dot(i) tile_b[256 + (i)]

float sum_v[PASS == 1 ? CHUNKS * AREA : 1]; // dv
float sum[PASS == 0 ? 1 : CHUNKS * AREA];   // dk or dq

// The product a b^T of TILE rows of D channels, (queries, keys), of this invocation's elements.
float product[AREA];

#define PRODUCT(a, at_a, row_a, rows_a, b, at_b, row_b, rows_b)                                    \
    [[unroll]] for (uint i = 0; i < AREA; i++) {                                                   \
        product[i] = 0;                                                                            \
    }                                                                                              \
    [[dont_unroll]] for (uint d = 0; d < D; d += DEPTH) {                                          \
        [[unroll]] for (uint i = 0; i < SIDE; i++) {                                               \
            uint c = ALONG_DEPTH(i), r = ALONG_SIDE(i);                                            \
            bool inside_a = d + c < D && row_a + r < rows_a;                                       \
            bool inside_b = d + c < D && row_b + r < rows_b;                                       \
            tile_a[c * PITCH + r] = inside_a ? a.v[at_a + (row_a + r) * heads * D + d + c] : 0;    \
            tile_b[c * PITCH + r] = inside_b ? b.v[at_b + (row_b + r) * heads * D + d + c] : 0;    \
        }                                                                                          \
        barrier();                                                                                 \
        TILE_MULTIPLY(product, 0)                                                                  \
        barrier();                                                                                 \
    }

// total += tile b, where tile (rows of the result, TILE terms) is in shared memory at [row][term]
// or [term][row], and b has TILE rows of D channels from row_b on.
#define ADD_PRODUCT(total, tile, row_pitch, term_pitch, b, at_b, row_b, rows_b)                    \
    [[unroll]] for (uint chunk = 0; chunk < CHUNKS; chunk++) {                                     \
        [[dont_unroll]] for (uint term = 0; term < TILE; term += DEPTH) {                          \
            [[unroll]] for (uint i = 0; i < SIDE; i++) {                                           \
                uint t = ACROSS_DEPTH(i), r = ACROSS_SIDE(i), c = chunk * TILE + r;                \
                bool inside = row_b + term + t < rows_b && c < D;                                  \
                tile_a[t * PITCH + r] = tile[r * row_pitch + (term + t) * term_pitch];             \
                tile_b[t * PITCH + r] =                                                            \
                    inside ? b.v[at_b + (row_b + term + t) * heads * D + c] : 0;                   \
            }                                                                                      \
            barrier();                                                                             \
            TILE_MULTIPLY(total, chunk * AREA)                                                     \
            barrier();                                                                             \
        }                                                                                          \
    }

bool is_seen(uint query, uint key)
{
    return query < queries && key < keys && (!CAUSAL || key <= query);
}

// p_tile = scores (HIDDEN where not seen), ds_tile = dP.
void fill_tiles(uint at_q, uint query, uint at_k, uint key)
{
    PRODUCT(q, at_q, query, queries, k, at_k, key, keys)
    [[unroll]] for (uint i = 0; i < AREA; i++) {
        uint r = tile_row + i / SIDE, c = tile_column + i % SIDE;
        p_tile[r * TILE_PITCH + c] = is_seen(query + r, key + c) ? scale * product[i] : HIDDEN;
    }
    PRODUCT(dy, at_q, query, queries, v, at_k, key, keys)
    [[unroll]] for (uint i = 0; i < AREA; i++) {
        ds_tile[(tile_row + i / SIDE) * TILE_PITCH + tile_column + i % SIDE] = product[i];
    }
    barrier();
}

// p_tile = P, ds_tile = dS. Each invocation works on the elements that it has just written.
void finish_tiles(uint query, uint key)
{
    [[unroll]] for (uint i = 0; i < AREA; i++) {
        uint r = tile_row + i / SIDE, at = r * TILE_PITCH + tile_column + i % SIDE;
        float p = p_tile[at] == HIDDEN ? 0 : exp(p_tile[at] - row_l[r]);
        p_tile[at] = p;
        ds_tile[at] = scale * p * (ds_tile[at] - row_e[r]);
    }
    barrier();
}

// Pass 0: the running maximum, sum of exponentials and dot product of exponentials with dP of each row.
void update_rows()
{
    uint r = gl_LocalInvocationIndex / PARTS, part = gl_LocalInvocationIndex % PARTS;
    float top = HIDDEN;
    [[dont_unroll]] for (uint c = part; c < TILE; c += PARTS) {
        top = max(top, p_tile[r * TILE_PITCH + c]);
    }
    part_max(gl_LocalInvocationIndex) = top;
    barrier();
    top = row_l[r];
    [[dont_unroll]] for (uint i = 0; i < PARTS; i++) {
        top = max(top, part_max(r * PARTS + i));
    }
    float total = 0, dot_product = 0;
    [[dont_unroll]] for (uint c = part; c < TILE; c += PARTS) {
        float e = exp(p_tile[r * TILE_PITCH + c] - top);
        total += e;
        dot_product += e * ds_tile[r * TILE_PITCH + c];
    }
    part_sum(gl_LocalInvocationIndex) = total;
    part_dot(gl_LocalInvocationIndex) = dot_product;
    barrier();
    if (part == 0) {
        float factor = exp(row_l[r] - top);
        total = row_sum[r] * factor;
        dot_product = row_e[r] * factor;
        [[dont_unroll]] for (uint i = 0; i < PARTS; i++) {
            total += part_sum(r * PARTS + i);
            dot_product += part_dot(r * PARTS + i);
        }
        row_l[r] = top;
        row_e[r] = dot_product;
        row_sum[r] = total;
    }
    barrier();
}

void load_rows(uint at_q, uint query)
{
    for (uint r = gl_LocalInvocationIndex; r < TILE; r += 256) {
        uint at = at_q + (query + r) * heads * D;
        row_l[r] = query + r < queries ? dq.v[at] : 0;
        row_e[r] = query + r < queries ? dq.v[at + 1] : 0;
    }
    barrier();
}

void measure_rows(uint at_q, uint query, uint at_k)
{
    for (uint r = gl_LocalInvocationIndex; r < TILE; r += 256) {
        row_l[r] = HIDDEN;
        row_e[r] = 0;
        row_sum[r] = 0;
    }
    uint seen = CAUSAL ? min(keys, query + TILE) : keys;
    for (uint key = 0; key < seen; key += TILE) {
        fill_tiles(at_q, query, at_k, key);
        update_rows();
    }
    for (uint r = gl_LocalInvocationIndex; r < TILE; r += 256) {
        if (query + r < queries) {
            uint at = at_q + (query + r) * heads * D;
            dq.v[at] = row_l[r] + log(row_sum[r]);
            dq.v[at + 1] = row_e[r] / row_sum[r];
        }
    }
}

void back_keys(uint at_q, uint at_k, uint key)
{
    for (uint i = 0; i < CHUNKS * AREA; i++) {
        sum[i] = 0;
        sum_v[i] = 0;
    }
    for (uint query = CAUSAL ? key : 0; query < queries; query += TILE) {
        load_rows(at_q, query);
        fill_tiles(at_q, query, at_k, key);
        finish_tiles(query, key);
        ADD_PRODUCT(sum_v, p_tile, 1, TILE_PITCH, dy, at_q, query, queries)
        ADD_PRODUCT(sum, ds_tile, 1, TILE_PITCH, q, at_q, query, queries)
    }
    for (uint i = 0; i < CHUNKS * AREA; i++) {
        uint r = key + tile_row + i % AREA / SIDE, c = i / AREA * TILE + tile_column + i % SIDE;
        if (r < keys && c < D) {
            dk.v[at_k + r * heads * D + c] = sum[i];
            dv.v[at_k + r * heads * D + c] = sum_v[i];
        }
    }
}

void back_queries(uint at_q, uint query, uint at_k)
{
    load_rows(at_q, query);
    for (uint i = 0; i < CHUNKS * AREA; i++) {
        sum[i] = 0;
    }
    uint seen = CAUSAL ? min(keys, query + TILE) : keys;
    for (uint key = 0; key < seen; key += TILE) {
        fill_tiles(at_q, query, at_k, key);
        finish_tiles(query, key);
        ADD_PRODUCT(sum, ds_tile, TILE_PITCH, 1, k, at_k, key, keys)
    }
    for (uint i = 0; i < CHUNKS * AREA; i++) {
        uint r = query + tile_row + i % AREA / SIDE, c = i / AREA * TILE + tile_column + i % SIDE;
        if (r < queries && c < D) {
            dq.v[at_q + r * heads * D + c] = sum[i];
        }
    }
}

void main()
{
    uint tiles = ((PASS == 1 ? keys : queries) + TILE - 1) / TILE;
    for_each_row (item, batch * heads * tiles) {
        uint first = item % tiles * TILE;
        uint head = item / tiles % heads, image = item / tiles / heads;
        uint at_q = image * queries * heads * D + head * D;
        uint at_k = image * keys * heads * D + head * D;
        if (PASS == 0) {
            measure_rows(at_q, first, at_k);
        } else if (PASS == 1) {
            back_keys(at_q, at_k, first);
        } else {
            back_queries(at_q, first, at_k);
        }
        barrier(); // the next item begins with the rows' numbers
    }
}
