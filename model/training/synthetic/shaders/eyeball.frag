// An eyeball seen through its window: the iris is ray-cast on a true disc behind it.
in vec3 at;
in vec3 facing;
in vec3 place;
in vec4 coat;
in vec4 trait;
in float share;
#ifdef REFRACTED
in vec3 shown;                     // where the lens shows this point
uniform vec3 lens_vertex;
uniform vec3 lens_forward;
#endif
out vec4 colour;

// Eyes, index 0 the user's right.
uniform vec3 eye_centre[2];        // rotation centres
uniform vec3 eye_axis[2];          // optical axes
uniform vec3 eye_up;
uniform float iris_radius;
uniform float iris_depth;
uniform float pupil_radius;
uniform vec3 iris_outer;
uniform vec3 iris_inner;
uniform vec4 iris_look;            // limbal ring, fibres, ring softness, seed
uniform vec3 sclera;
uniform vec2 sclera_look;          // pinkness of the corners, veins
uniform float caustic;
uniform float glint;
uniform float socket_shadow;
uniform vec2 corner_shift;         // mm: where the inner corners lie farther in than the mean's
uniform vec3 lid_upper[2];         // y = a + b x + c x^2 in this head, mm
uniform vec3 lid_lower[2];
uniform vec2 lid_shade;            // darkness under the upper lid, its reach in mm
uniform vec2 contact;              // radius in mm of a contact lens's edge, how dark it is

// `from`: where the ray that meets the eye comes from, the camera or the lens that bent it.
vec3 eyeball(int e, vec3 from) {
    vec3 ray = normalize(at - from);
    vec3 to_eye = -ray;
    vec3 axis = eye_axis[e];
    vec3 disc = eye_centre[e] + iris_depth * axis;
    float t = dot(disc - at, axis) / dot(ray, axis);
    vec3 q = at + t * ray - disc;
    float r = length(q);
    vec3 right = normalize(cross(eye_up, axis));
    vec3 down = cross(axis, right);
    vec2 polar = vec2(dot(q, right), dot(q, down)) / iris_radius;
    float rr = r / iris_radius;
    float turn = atan(polar.y, polar.x) / 6.2832;

    vec4 fibre = texture(grain, vec2(turn * 1.0, 0.04 * rr + iris_look.w));
    vec4 spoke = texture(grain, vec2(turn * 3.0, 0.10 * rr + iris_look.w * 1.7));
    vec3 iris = mix(iris_inner, iris_outer, smoothstep(0.35, 0.85, rr + 0.25 * (fibre.g - 0.5)));
    iris *= 1.0 + iris_look.y * (fibre.g + spoke.r - 1.0);
    iris *= 1.0 - iris_look.x * smoothstep(0.76, 1.0, rr);
    // The cornea gathers light from above on the lower half of the iris.
    iris *= 1.0 + caustic * polar.y;
    iris = mix(vec3(0.006), iris, smoothstep(pupil_radius - 0.25, pupil_radius + 0.15, r));

    vec3 from_centre = at - eye_centre[e];
    float across = place.x * (e == 0 ? -1.0 : 1.0) + corner_shift[e];  // nose to temple, mm
    float corner = smoothstep(26.0, 18.5, across) + 0.5 * smoothstep(38.0, 46.0, across);
    vec4 vein = texture(grain, place.xy / 30.0 + iris_look.w);
    vec3 white = sclera * (0.95 + 0.1 * vein.b);
    white *= mix(vec3(1.0), vec3(0.92, 0.62, 0.56), clamp(corner * sclera_look.x, 0.0, 1.0));
    white *= 1.0 - vec3(0.1, 0.6, 0.6) * sclera_look.y * smoothstep(0.62, 0.85, vein.a);
    float caruncle = smoothstep(22.0, 19.0, across);
    white = mix(white, vec3(0.52, 0.24, 0.21), 0.75 * caruncle);

    float edge = iris_look.z;
    vec3 base = mix(iris, white, smoothstep(1.0 - edge, 1.0 + edge, rr));
    if (dot(to_eye, axis) < 0.0) base = white;
    float brim = (r - contact.x) / 0.3;
    base *= 1.0 - contact.y * exp(-brim * brim);

    float upper = place.y - dot(lid_upper[e], vec3(1.0, place.x, place.x * place.x));
    float lower = dot(lid_lower[e], vec3(1.0, place.x, place.x * place.x)) - place.y;
    float shade = 1.0 - lid_shade.x * (1.0 - smoothstep(0.0, lid_shade.y, upper));
    shade *= 1.0 - 0.3 * lid_shade.x * (1.0 - smoothstep(0.0, 1.6, lower));
    shade *= 1.0 - 0.35 * clamp(corner, 0.0, 1.0) * lid_shade.x;
    shade = max(shade * (1.0 - 0.8 * socket_shadow), 0.08);

    // The cornea bulges: a sphere of 8 mm inside which the glints form.
    vec3 n = normalize(from_centre);
    vec3 ball = eye_centre[e] + (iris_depth - 5.0) * axis - from;
    float b = dot(ball, ray);
    float root = b * b - dot(ball, ball) + 64.0;
    vec3 shine = n;
    if (root > 0.0) {
        vec3 hit = (b - sqrt(root)) * ray;
        vec3 m = (hit - ball) / 8.0;
        shine = normalize(mix(n, m, smoothstep(0.66, 0.74, dot(m, axis))));
    }
    vec3 bounce = reflect(ray, shine);
    vec3 gloss = mirror(at, bounce, panel_edge) * glint;
    gloss += mix(ambient_down, ambient_up, 0.5 - 0.5 * bounce.y) * 0.5 * glint;
    for (int k = 0; k < 3; k++)
        gloss += light_colour[k] * 12.0 * glint * smoothstep(0.992, 0.998, dot(bounce, light_direction[k]));
    return base * shade * share * 0.7 * irradiance(n, vec3(0.25)) + gloss * mix(0.25, 1.0, shade);
}

void main() {
#ifdef REFRACTED
    // Points on the plane of the lens stay where they are: there the camera's ray is bent.
    vec3 from = shown * dot(lens_vertex, lens_forward) / dot(shown, lens_forward);
#else
    const vec3 from = vec3(0.0);
#endif
    vec3 lit = eyeball(trait.x < 2.5 ? 0 : 1, from);
    colour = vec4(film(lit), 1.0);
}
