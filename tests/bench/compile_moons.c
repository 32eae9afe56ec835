/* The loss of the benchmark `replay` and its gradient, written by hand: how fast can this processor be?

   A network 2-16-16-1 with relu, the mean hinge loss of a batch, and the gradient of all 337 parameters.
   The same arithmetic in three layouts; the benchmark keeps the fastest:

   samples_in_lanes   a vector holds one number of eight samples. Layer after layer for eight samples, then
                      the gradient of the square matrix for the whole batch, in tiles of 4 x 4 registers
   pairs_of_vectors   the same for sixteen samples at a time: each weight is read half as often
   neurons_in_lanes   a vector holds eight neurons of one sample: small matrix products, tiled for the
                      registers. Sums over the batch stay in their lanes

   The order of parameters is PyTorch's: weights row by row, then biases, layer by layer. The vectors are
   those of GCC and Clang; a processor without AVX-512 handles one as several short ones. */

#define LANES 8
#define WIDTH 16
#define HALVES (WIDTH / LANES)
#define VECTORS 128 /* at most 1,024 samples */
#define INLINE static inline __attribute__((always_inline))
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

typedef double V __attribute__((vector_size(8 * LANES)));
typedef long long M __attribute__((vector_size(8 * LANES)));
typedef double U __attribute__((vector_size(8 * LANES), aligned(8), may_alias)); /* at any address */

enum { W1 = 0, B1 = 32, W2 = 48, B2 = 304, W3 = 320, B3 = 336, PARAMETERS = 337 };

/* The data do not change, so they are laid out beforehand, padded with samples that count for nothing. */
static V x0[VECTORS], x1[VECTORS], label[VECTORS], counts[VECTORS], step[VECTORS];
static int vectors;
static double weight; /* of a sample in the mean */

void prepare(const double *x, const double *y, int n) {
    vectors = (n + 2 * LANES - 1) / (2 * LANES) * 2;
    weight = 1.0 / n;
    for (int s = 0; s < vectors * LANES; s++) {
        int v = s / LANES, lane = s % LANES;
        x0[v][lane] = s < n ? x[2 * s] : 0.0;
        x1[v][lane] = s < n ? x[2 * s + 1] : 0.0;
        label[v][lane] = s < n ? y[s] : 0.0;
        counts[v][lane] = s < n ? weight : 0.0;
        step[v][lane] = -label[v][lane] * weight; /* d loss / d score where the margin is missed */
    }
    vectors = (n + LANES - 1) / LANES;
}

INLINE V all(double x) { return x - (V){}; }
INLINE V kept(M mask, V x) { return (V)(mask & (M)x); } /* x where the mask holds, else 0 */
INLINE V relu(V x) { return kept(x > 0.0, x); }
INLINE V at(const double *p) { return *(const U *)p; }
INLINE void put(double *p, V x) { *(U *)p = x; }

/* The sums of eight vectors, as one vector: three rounds of shuffles, each of which halves their number. */
INLINE V sums_across(const V *v) {
    V a[4], b[2];
    EACH(i, 4)
        a[i] = __builtin_shuffle(v[i], v[i + 4], (M){0, 1, 2, 3, 8, 9, 10, 11}) +
               __builtin_shuffle(v[i], v[i + 4], (M){4, 5, 6, 7, 12, 13, 14, 15});
    EACH(i, 2)
        b[i] = __builtin_shuffle(a[i], a[i + 2], (M){0, 1, 8, 9, 4, 5, 12, 13}) +
               __builtin_shuffle(a[i], a[i + 2], (M){2, 3, 10, 11, 6, 7, 14, 15});
    return __builtin_shuffle(b[0], b[1], (M){0, 8, 2, 10, 4, 12, 6, 14}) +
           __builtin_shuffle(b[0], b[1], (M){1, 9, 3, 11, 5, 13, 7, 15});
}

INLINE double sum_across(V v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

/* --- samples in lanes ------------------------------------------------------------------------------------ */

static V hidden1[VECTORS][WIDTH], back2[VECTORS][WIDTH];

/* `n` vectors of samples from v on: forward, and backward as far as it goes sample by sample. */
INLINE void through_layers(const double *w, int v, const int n, V *loss, V *gb3, V *gw3, V *gb2, V *gb1, V *gw1) {
    V h2[2][WIDTH], d[2];
    for (int j = 0; j < WIDTH; j++)
        EACH(k, n)
            hidden1[v + k][j] = relu(w[B1 + j] + w[W1 + 2 * j] * x0[v + k] + w[W1 + 2 * j + 1] * x1[v + k]);
    for (int i = 0; i < WIDTH; i += 4) {
        V z[4][2];
        EACH(a, 4) EACH(k, n) z[a][k] = all(w[B2 + i + a]);
        EACH(j, WIDTH) EACH(a, 4) EACH(k, n) z[a][k] += w[W2 + WIDTH * (i + a) + j] * hidden1[v + k][j];
        EACH(a, 4) EACH(k, n) h2[k][i + a] = relu(z[a][k]);
    }
    EACH(k, n) {
        V score[4] = {all(w[B3])};
        EACH(i, WIDTH) score[i % 4] += w[W3 + i] * h2[k][i];
        V margin = 1.0 - label[v + k] * ((score[0] + score[1]) + (score[2] + score[3]));
        d[k] = kept(margin > 0.0, step[v + k]);
        *loss += relu(margin) * counts[v + k];
        *gb3 += d[k];
    }
    for (int i = 0; i < WIDTH; i++) {
        V w3 = all(w[W3 + i]), gw = gw3[i], gb = gb2[i];
        EACH(k, n) {
            gw += d[k] * h2[k][i];
            V d2 = kept(h2[k][i] > 0.0, w3 * d[k]);
            gb += d2;
            back2[v + k][i] = d2;
        }
        gw3[i] = gw;
        gb2[i] = gb;
    }
    for (int j = 0; j < WIDTH; j += 4) {
        V z[4][2] = {};
        EACH(i, WIDTH) EACH(a, 4) EACH(k, n) z[a][k] += w[W2 + WIDTH * i + j + a] * back2[v + k][i];
        EACH(a, 4) {
            V gb = gb1[j + a], g0 = gw1[2 * (j + a)], g1 = gw1[2 * (j + a) + 1];
            EACH(k, n) {
                V d1 = kept(hidden1[v + k][j + a] > 0.0, z[a][k]);
                gb += d1;
                g0 += d1 * x0[v + k];
                g1 += d1 * x1[v + k];
            }
            gb1[j + a] = gb;
            gw1[2 * (j + a)] = g0;
            gw1[2 * (j + a) + 1] = g1;
        }
    }
}

INLINE double in_lanes(const double *w, double *gradient, const int n) {
    V loss = {}, gb3 = {}, gw3[WIDTH] = {}, gb2[WIDTH] = {}, gb1[WIDTH] = {}, gw1[2 * WIDTH] = {};
    for (int v = 0; v < vectors; v += n)
        through_layers(w, v, n, &loss, &gb3, gw3, gb2, gb1, gw1);

    for (int i = 0; i < WIDTH; i += 4)
        for (int j = 0; j < WIDTH; j += 8) {
            V z[4][8];
            EACH(part, 2) {
                V t[4][4] = {};
                for (int v = 0; v < vectors; v++)
                    EACH(a, 4) EACH(b, 4) t[a][b] += back2[v][i + a] * hidden1[v][j + 4 * part + b];
                EACH(a, 4) EACH(b, 4) z[a][4 * part + b] = t[a][b];
            }
            EACH(a, 4) put(gradient + W2 + WIDTH * (i + a) + j, sums_across(z[a]));
        }
    for (int j = 0; j < 2 * WIDTH; j += LANES)
        put(gradient + W1 + j, sums_across(gw1 + j));
    for (int j = 0; j < WIDTH; j += LANES) {
        put(gradient + B1 + j, sums_across(gb1 + j));
        put(gradient + B2 + j, sums_across(gb2 + j));
        put(gradient + W3 + j, sums_across(gw3 + j));
    }
    gradient[B3] = sum_across(gb3);
    return sum_across(loss);
}

double samples_in_lanes(const double *w, double *gradient) { return in_lanes(w, gradient, 1); }

/* For an odd number of vectors the last pair ends with padding. */
double pairs_of_vectors(const double *w, double *gradient) { return in_lanes(w, gradient, 2); }

/* --- neurons in lanes ------------------------------------------------------------------------------------ */

double neurons_in_lanes(const double *w, double *gradient) {
    double across[WIDTH][WIDTH] __attribute__((aligned(64))); /* the square matrix, transposed */
    double columns[2][WIDTH] __attribute__((aligned(64)));
    double h1[LANES][WIDTH] __attribute__((aligned(64))), d2[LANES][WIDTH] __attribute__((aligned(64)));
    V gw2[WIDTH][HALVES] = {}, gw3[HALVES] = {}, gb2[HALVES] = {}, gb1[HALVES] = {}, g0[HALVES] = {}, g1[HALVES] = {};
    V loss = {}, gb3 = {};

    for (int i = 0; i < WIDTH; i++)
        for (int j = 0; j < WIDTH; j++)
            across[j][i] = w[W2 + WIDTH * i + j];
    for (int j = 0; j < WIDTH; j++) {
        columns[0][j] = w[W1 + 2 * j];
        columns[1][j] = w[W1 + 2 * j + 1];
    }

    for (int v = 0; v < vectors; v++) {
        V z[LANES][HALVES], score[LANES], d;
        EACH(s, LANES) EACH(h, HALVES)
            put(h1[s] + LANES * h, relu(at(w + B1 + LANES * h) + at(columns[0] + LANES * h) * x0[v][s] +
                                        at(columns[1] + LANES * h) * x1[v][s]));
        EACH(s, LANES) EACH(h, HALVES) z[s][h] = at(w + B2 + LANES * h);
        for (int j = 0; j < WIDTH; j++) {
            V a = at(across[j]), b = at(across[j] + LANES);
            EACH(s, LANES) {
                z[s][0] += a * h1[s][j];
                z[s][1] += b * h1[s][j];
            }
        }
        V w3a = at(w + W3), w3b = at(w + W3 + LANES);
        EACH(s, LANES) {
            EACH(h, HALVES) z[s][h] = relu(z[s][h]);
            score[s] = z[s][0] * w3a + z[s][1] * w3b;
        }
        V margin = 1.0 - label[v] * (sums_across(score) + w[B3]);
        d = kept(margin > 0.0, step[v]);
        loss += relu(margin) * counts[v];
        gb3 += d;
        EACH(s, LANES) {
            gw3[0] += z[s][0] * d[s];
            gw3[1] += z[s][1] * d[s];
            V a = kept(z[s][0] > 0.0, w3a * d[s]), b = kept(z[s][1] > 0.0, w3b * d[s]);
            gb2[0] += a;
            gb2[1] += b;
            put(d2[s], a);
            put(d2[s] + LANES, b);
        }
        EACH(s, LANES) EACH(h, HALVES) z[s][h] = (V){};
        for (int i = 0; i < WIDTH; i++) {
            V a = at(w + W2 + WIDTH * i), b = at(w + W2 + WIDTH * i + LANES);
            EACH(s, LANES) {
                z[s][0] += a * d2[s][i];
                z[s][1] += b * d2[s][i];
            }
        }
        EACH(s, LANES) EACH(h, HALVES) {
            V d1 = kept(at(h1[s] + LANES * h) > 0.0, z[s][h]);
            gb1[h] += d1;
            g0[h] += d1 * x0[v][s];
            g1[h] += d1 * x1[v][s];
        }
        for (int i = 0; i < WIDTH; i += 8) {
            V t[8][HALVES];
            EACH(a, 8) EACH(h, HALVES) t[a][h] = gw2[i + a][h];
            for (int s = 0; s < LANES; s++) {
                V a = at(h1[s]), b = at(h1[s] + LANES);
                EACH(k, 8) {
                    t[k][0] += a * d2[s][i + k];
                    t[k][1] += b * d2[s][i + k];
                }
            }
            EACH(a, 8) EACH(h, HALVES) gw2[i + a][h] = t[a][h];
        }
    }
    for (int h = 0; h < HALVES; h++) {
        for (int k = 0; k < LANES; k++) {
            gradient[W1 + 2 * (LANES * h + k)] = g0[h][k];
            gradient[W1 + 2 * (LANES * h + k) + 1] = g1[h][k];
        }
        put(gradient + B1 + LANES * h, gb1[h]);
        for (int i = 0; i < WIDTH; i++)
            put(gradient + W2 + WIDTH * i + LANES * h, gw2[i][h]);
        put(gradient + B2 + LANES * h, gb2[h]);
        put(gradient + W3 + LANES * h, gw3[h]);
    }
    gradient[B3] = sum_across(gb3);
    return sum_across(loss);
}

/* --- how it is timed ------------------------------------------------------------------------------------- */

/* `calls` calls, each with the next of several rows of parameters. */
double repeated(double (*f)(const double *, double *), const double *w, int rows, double *gradient, long calls) {
    double total = 0.0;
    for (long k = 0; k < calls; k++)
        total += f(w + k % rows * PARAMETERS, gradient);
    return total;
}
