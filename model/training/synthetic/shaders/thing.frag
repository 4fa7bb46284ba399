// Cloth, hands, the frames of glasses, the inside of the mouth. CLEAR is defined for frames that one
// sees through.
in vec3 at;
in vec3 facing;
in vec3 place;
in vec4 coat;
in vec4 trait;
out vec4 colour;

void main() {
    vec3 to_eye = normalize(-at);
    vec3 n = normalize(facing);
    float weave = texture(grain, place.xy / 60.0).r - 0.5;
    float cloth = 1.0 - step(0.5, abs(trait.x - 5.0));
    if (cloth * trait.y < 0.0) discard;   // there trait: mm inside the border of the cloth
    float plastic = 1.0 - step(0.5, abs(trait.x - 6.0));   // there trait: metal, tortoise, opacity
    vec3 base = coat.rgb * (1.0 + 0.25 * weave * cloth);
    float blotch = smoothstep(0.42, 0.62, texture(grain, place.xy / 75.0).b);
    base = mix(base, vec3(0.30, 0.12, 0.025), plastic * trait.z * blotch);
    vec3 lit = base * irradiance(n, vec3(0.15));
    for (int k = 0; k < 3; k++)
        lit += light_colour[k] * coat.a * pow(max(dot(n, normalize(to_eye + light_direction[k])), 0.0), 40.0);
    vec3 room = reflect(-to_eye, n);
    vec3 mirrored = mix(ambient_down, ambient_up, 0.5 - 0.5 * room.y);
    for (int k = 0; k < 3; k++)
        mirrored += 2.0 * light_colour[k] * pow(max(dot(room, light_direction[k]), 0.0), 8.0);
    lit = mix(lit, lit + coat.rgb * mirrored * (0.4 + 1.2 * weave + 0.6), plastic * trait.y);
#ifdef CLEAR
    float edge = 1.0 - abs(dot(n, to_eye));
    colour = vec4(film(lit + 0.15 * mirrored * edge), mix(trait.w, 1.0, 0.6 * edge * edge));
#else
    colour = vec4(film(lit), 1.0);
#endif
}
