// Skin, hair, brows. NEAR_EYES is defined where the eyes and brows are: elsewhere it is cheaper.
// PORTRAIT is defined in its place where these come from a photograph.
in vec3 at;
in vec3 facing;
in vec3 place;
in vec4 coat;
in vec4 trait;
in float share;
out vec4 colour;

// Skin.
uniform vec3 crease_curve;         // upper lid's margin in the mean head, over |x|
uniform vec4 crease;               // strength, height above the margin, width, tilt
uniform vec4 liner;                // strength upper, lower, width in mm, -
uniform vec3 liner_colour;
uniform vec3 sclera;
uniform vec4 lid_shadow;           // below the lower lid: strength, reach in mm; outer, inner corner
uniform vec4 lid_makeup;           // colour, strength
uniform vec4 brow_curve;           // inner end, length, height, arch
uniform vec4 brow_look;            // thickness, strength, slant, fuzz
uniform vec3 hair_colour;
uniform vec2 hair_look;            // strand contrast, sheen
uniform vec4 skin_look;            // mottling, pores, shine, roughness exponent
uniform vec4 skin_marks;           // freckles, bags, seed x, seed y
uniform vec3 shadow_tint;
uniform float cavity_strength;
uniform float socket_shadow;        // the brow's soft shadow over the eye

#ifdef PORTRAIT
in vec3 cover;                     // texture coordinates, how far the texture covers
uniform sampler2D portrait;        // albedo
#endif

vec3 skin(vec3 n, vec3 to_eye) {
    float side = abs(place.x);
    vec2 mm = vec2(place.x - 0.6 * place.z * sign(place.x), place.y) + skin_marks.zw;
    vec4 fine = texture(grain, mm / 40.0);
    vec4 broad = texture(grain, mm / 190.0);
    vec3 a = coat.rgb;
    a *= 1.0 + skin_look.x * (broad.b - 0.5) * vec3(0.5, 1.0, 1.1) + skin_look.y * (fine.r - 0.5);
    a *= 1.0 - skin_marks.x * vec3(0.3, 0.55, 0.6) * smoothstep(0.66, 0.8, fine.g);

#ifdef NEAR_EYES
    // Lids: the crease above the upper one, a tinted lid, the line of the lashes, bags below.
    float above = dot(crease_curve, vec3(1.0, side, side * side)) - place.y;
    float along = smoothstep(17.0, 24.0, side) * (1.0 - smoothstep(43.0, 52.0, side));
    float fold = (above - crease.y - crease.w * (side - 32.0)) / crease.z;
    a *= 1.0 - vec3(0.75, 1.0, 1.0) * crease.x * along * exp(-fold * fold);
    float on_lid = along * smoothstep(-1.0, 1.0, above) * (1.0 - smoothstep(5.0, 10.0, above));
    a = mix(a, lid_makeup.rgb, lid_makeup.a * on_lid);
    float bag = (place.y - 15.0 + 0.004 * (side - 30.0) * (side - 30.0)) / 3.5;
    a *= 1.0 - skin_marks.y * vec3(0.55, 0.8, 0.7) * along * exp(-bag * bag);
    float rim = clamp(trait.z, 0.0, 1.0);
    float upper = 1.0 - smoothstep(0.0, 2.0, place.y);
    a = mix(a, a * vec3(0.78, 0.55, 0.52), rim * (1.0 - upper));
    float line = trait.y / (liner.z * mix(0.75, 1.0, upper));
    float strands = 0.75 + 0.5 * texture(grain, vec2(place.x / 9.0, 0.3)).r;
    float outer = smoothstep(24.0, 43.0, side);
    float lashes = mix(liner.y, liner.x, upper) * mix(0.7, 1.3, outer);
    a = mix(a, liner_colour, clamp(lashes * exp(-line * line) * strands, 0.0, 1.0));
    a = mix(a, liner_colour, rim * upper * clamp(0.6 * liner.x, 0.0, 0.8));
    // The lower lid's own shade, deeper outwards; dark outer corners; the moist inner ones.
    float under = trait.y / lid_shadow.y;
    a *= 1.0 - lid_shadow.x * (1.0 - upper) * along * mix(0.5, 1.0, outer) * exp(-under * under);
    vec2 to_outer = vec2(side - 47.0, 1.2 * (place.y - 1.5)) / 6.5;
    a *= 1.0 - lid_shadow.z * exp(-dot(to_outer, to_outer));
    // The mesh closes the inner corner some millimetres early: a wedge of caruncle and white.
    float into = clamp((side - 16.2) / 5.0, 0.0, 1.2);
    float beside = abs(place.y - mix(3.2, 2.2, into)) - (0.2 + 1.8 * into);
    float wedge = smoothstep(15.9, 16.7, side) * (1.0 - smoothstep(21.5, 23.0, side));
    a *= 1.0 - 0.3 * lid_shadow.w * wedge * exp(-beside * beside / 0.2);
    vec3 moist = mix(vec3(0.44, 0.24, 0.21), sclera, smoothstep(17.5, 21.0, side));
    a = mix(a, moist, lid_shadow.w * wedge * (1.0 - smoothstep(-0.5, 0.3, beside)));

    // Brows: hairs along a curved band.
    float u = (side - brow_curve.x) / brow_curve.y;
    float middle = brow_curve.z - brow_curve.w * sin(clamp(u, 0.0, 1.0) * 2.3) + brow_look.z * u;
    float thick = brow_look.x * (1.15 - 0.65 * clamp(u, 0.0, 1.0)) * smoothstep(-0.12, 0.12, u);
    vec4 hair = texture(grain, vec2((side * 0.75 + place.y) / 26.0, (side * 0.25 - place.y * 0.3) / 60.0));
    float band = (place.y - middle + (hair.g - 0.5) * brow_look.w) / max(thick, 0.1);
    float brow = exp(-pow(abs(band), 2.6)) * smoothstep(-0.15, 0.1, u) * (1.0 - smoothstep(0.85, 1.08, u));
    brow *= step(place.z, 20.0) * brow_look.y * (0.55 + 0.9 * hair.a);
#else
    float brow = 0.0;
#endif
    // Scalp, stubble.
    vec4 tress = texture(grain, vec2(mm.x / 34.0 + 0.2 * broad.g, mm.y / 130.0));
    float scalp = clamp(coat.a * (0.92 + 0.6 * tress.a) - 0.12 * (1.0 - coat.a), 0.0, 1.0);
    float covered = clamp(max(brow, scalp), 0.0, 1.0);
    vec3 strand = hair_colour * (1.0 + hair_look.x * (tress.a + tress.r - 1.0));
    a = mix(a, strand, covered);

    vec3 bump = vec3(fine.r - 0.5, fine.g - 0.5, 0.0) * skin_look.y * 2.0;
    n = normalize(n + bump);
    float deep = cavity_strength * trait.w;
#ifdef PORTRAIT
    // Brows and the shade of hollows are in the photograph already.
    a = mix(a, texture(portrait, cover.xy).rgb, cover.z);
    deep *= 1.0 - cover.z;
    covered *= 1.0 - cover.z;
#endif
    vec3 light = irradiance(n, vec3(0.32, 0.2, 0.16)) * (1.0 - deep * shadow_tint);
#if defined(NEAR_EYES) || defined(PORTRAIT)
    float socket = smoothstep(-15.0, -7.0, place.y) * (1.0 - smoothstep(0.0, 15.0, place.y));
    socket *= smoothstep(8.0, 20.0, side) * (1.0 - smoothstep(44.0, 60.0, side));
    light *= 1.0 - socket_shadow * socket * shadow_tint;
#endif
    light *= share;
    vec3 result = a * light;
    float facing_edge = 1.0 - max(dot(n, to_eye), 0.0);
    for (int k = 0; k < 3; k++) {
        vec3 h = normalize(to_eye + light_direction[k]);
        float s = max(dot(n, h), 0.0);
        float gleam = pow(s, skin_look.w) * skin_look.z * (0.6 + 0.8 * fine.r) * (1.0 - covered);
        gleam += pow(s, 9.0) * hair_look.y * scalp * (tress.a - 0.25);
        result += light_colour[k] * max(gleam, 0.0) * step(0.0, dot(n, light_direction[k])) * (1.0 - deep);
    }
    result += 0.05 * ambient_up * facing_edge * facing_edge * (1.0 - covered);
    return result;
}

void main() {
    vec3 lit = skin(normalize(facing), normalize(-at));
    colour = vec4(film(lit), 1.0);
}
